#include "runtime/hardware/buildable.hpp"

#include <fmt/format.h>

namespace satsim {
namespace {

bool power_of_two(int value) {
    return value > 0 && (value & (value - 1)) == 0;
}

}  // namespace

std::string unbuildable(const isa::ArrayConfig& array) {
    if (array.rows < 2 || !power_of_two(array.rows))
        return fmt::format("rows is {}, expected a power of two of at least 2", array.rows);
    if (!power_of_two(array.columns) || array.columns < 4)
        return fmt::format("columns is {}, expected a power of two of at least 4", array.columns);
    if (array.columns > 32 * array.channels)
        return fmt::format("columns is {}, expected at most 32 for each of {} memory channels", array.columns,
                           array.channels);
    if (array.channels > 4) return fmt::format("channels is {}, expected 1, 2 or 4", array.channels);
    if (!power_of_two(array.slots) || array.slots < 2 || array.slots > 16)
        return fmt::format("slots is {}, expected a power of two from 2 to 16", array.slots);
    if (const int line = array.line_bytes() / 8; array.instructions % line != 0)
        return fmt::format("instructions is {}, expected a multiple of a line's {}", array.instructions,
                           line);
    if (!power_of_two(array.vmem_lines) || array.vmem_lines < 4)
        return fmt::format("vmem_lines is {}, expected a power of two of at least 4", array.vmem_lines);
    constexpr int kPage = 4096;
    if (!power_of_two(array.burst_lines) || array.burst_lines * 64 > kPage)
        return fmt::format("burst_lines is {}, expected a power of two, at most {}: a burst stays in 4 KiB",
                           array.burst_lines, kPage / 64);
    return "";
}

}  // namespace satsim
