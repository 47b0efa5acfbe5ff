#include "runtime/hardware/hardware.hpp"

#include <cmath>

#include "runtime/support/error.hpp"

namespace satsim {
namespace {

// A hair above a whole number of cycles is rounding of the product, not another cycle.
constexpr double kSlack = 1e-9;

int cycles_up(const Figure& nanoseconds, double clock_hz) {
    return static_cast<int>(std::ceil(nanoseconds.value * 1e-9 * clock_hz - kSlack));
}

int cycles_down(const Figure& nanoseconds, double clock_hz) {
    return static_cast<int>(std::floor(nanoseconds.value * 1e-9 * clock_hz + kSlack));
}

}  // namespace

dram::MemoryConfig Hardware::memory_config() const {
    dram::MemoryConfig config;
    config.kind = memory_kind;
    config.channels = array.channels;
    dram::Ddr4Timing& t = config.ddr4;
    t.cl = cycles_up(times.cl, clock_hz);
    t.rcd = cycles_up(times.rcd, clock_hz);
    t.rp = cycles_up(times.rp, clock_hz);
    t.ras = cycles_up(times.ras, clock_hz);
    t.wr = cycles_up(times.wr, clock_hz);
    t.wtr = cycles_up(times.wtr, clock_hz);
    t.rtw = cycles_up(times.rtw, clock_hz);
    t.refi = cycles_down(times.refi, clock_hz);  // refreshing late would lose data
    t.rfc = cycles_up(times.rfc, clock_hz);
    t.ctrl = cycles_up(times.ctrl, clock_hz);
    t.phy = cycles_up(times.phy, clock_hz);
    return config;
}

Bytes Hardware::capacity_bytes() const {
    return static_cast<Bytes>(memory_capacity.value) * array.channels;
}

Hardware with_channels(Hardware hardware, int channels, const std::string& option) {
    if (channels != 1 && channels != 2 && channels != 4)
        throw InputError(option, "",
                         "is " + std::to_string(channels) + ", expected 1, 2 or 4 memory channels");
    hardware.memory_capacity.value *= static_cast<double>(hardware.array.channels) / channels;
    hardware.array.channels = channels;
    return hardware;
}

}  // namespace satsim
