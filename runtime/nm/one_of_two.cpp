#include "runtime/nm/one_of_two.hpp"

#include <algorithm>
#include <stdexcept>

#include "runtime/support/stored_pattern.hpp"

namespace satsim::nm {
namespace {

// Appends rows of nothing behind each tap, so that a tap has `to` rows instead of `from`.
template <typename T>
void pad_taps(std::vector<T>& plane, std::size_t taps, std::size_t from, std::size_t to, std::size_t pitch) {
    if (from == to) return;
    std::vector<T> padded(taps * to * pitch);
    for (std::size_t tap = 0; tap < taps; ++tap) {
        const auto first = plane.begin() + static_cast<std::ptrdiff_t>(tap * from * pitch);
        std::copy_n(first, from * pitch, padded.begin() + static_cast<std::ptrdiff_t>(tap * to * pitch));
    }
    plane = std::move(padded);
}

}  // namespace

void store_one_of_two(PackedMatrix& packed) {
    if (packed.nm != kOneOfTwo) return;
    const auto taps = static_cast<std::size_t>(packed.taps);
    const auto rows = static_cast<std::size_t>(packed.groups);  // of a tap, one pair each
    const auto pitch = static_cast<std::size_t>(packed.columns_padded);
    if (packed.values.size() != taps * rows * pitch || packed.indices.size() != packed.values.size() / 2)
        throw std::invalid_argument("packed weights: planes of the wrong size");
    for (std::size_t row = 1; row < rows; row += 2) {
        for (std::size_t tap = 0; tap < taps; ++tap) {
            std::uint8_t* const indices = packed.indices.data() + (tap * rows + row) * pitch / 2;
            for (int c = 0; c < packed.columns; ++c)
                indices[c / 2] = static_cast<std::uint8_t>(indices[c / 2] | 2 << (c % 2 * 4));
        }
    }
    const std::size_t stored_rows = round_up<std::size_t>(rows, 2);
    pad_taps(packed.values, taps, rows, stored_rows, pitch);
    pad_taps(packed.indices, taps, rows, stored_rows, pitch / 2);
    packed.groups = static_cast<int>(stored_rows / 2);
    packed.nm = stored_pattern(packed.nm);
}

}  // namespace satsim::nm
