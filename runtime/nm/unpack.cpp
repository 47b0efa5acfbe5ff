#include "runtime/nm/unpack.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace satsim::nm {
namespace {

// Steps of the dense matrix along the groups and across them.
struct Direction {
    std::int64_t grouped;  // elements along the groups
    std::int64_t columns;  // packed columns
    std::int64_t along;    // stride along the groups
    std::int64_t across;   // stride from one packed column to the next
};

void check_packed(const PackedMatrix& packed, const WeightShape& shape, const Direction& direction) {
    check_pattern(packed.nm);
    const std::int64_t padded = round_up<std::int64_t>(direction.columns, kColumnPadding);
    const bool same = packed.taps == shape.taps && packed.columns == direction.columns &&
                      packed.columns_padded == padded &&
                      packed.groups == ceil_div<std::int64_t>(direction.grouped, packed.nm.m);
    const auto pairs = static_cast<std::size_t>(shape.taps * packed.groups * packed.nm.n * padded);
    if (!same || packed.values.size() != pairs || packed.indices.size() != pairs / 2) {
        throw std::invalid_argument("unpack: the packed matrix does not belong to weights of this shape");
    }
}

void unpack_group(const PackedMatrix& packed, int tap, int group, const Direction& direction, Fp16* w) {
    const int size = static_cast<int>(
        std::min<std::int64_t>(packed.nm.m, direction.grouped - std::int64_t{group} * packed.nm.m));
    for (int e = 0; e < size; ++e) {
        for (std::int64_t c = 0; c < direction.columns; ++c) {
            w[e * direction.along + c * direction.across] = Fp16{};
        }
    }
    // Pairs beyond `size` are padding, and so is what does not ascend: it would overwrite element 0.
    for (int j = 0; j < std::min(packed.nm.n, size); ++j) {
        for (int c = 0; c < packed.columns; ++c) {
            const int index = packed.index(tap, group, j, c);
            if (j > 0 && index <= packed.index(tap, group, j - 1, c)) continue;
            if (index >= size) {
                throw std::invalid_argument("unpack: index " + std::to_string(index) + " in a group of " +
                                            std::to_string(size));
            }
            w[index * direction.along + c * direction.across] = packed.value(tap, group, j, c);
        }
    }
}

void unpack(const PackedMatrix& packed, const WeightShape& shape, const Direction& direction, Fp16* w) {
    check_packed(packed, shape, direction);
    for (int tap = 0; tap < packed.taps; ++tap) {
        for (int group = 0; group < packed.groups; ++group) {
            unpack_group(packed, tap, group, direction,
                         w + tap * shape.tap_stride + std::int64_t{group} * packed.nm.m * direction.along);
        }
    }
}

}  // namespace

void unpack_columns(const PackedMatrix& packed, const WeightShape& shape, std::span<Fp16> w) {
    check_shape(shape, w.size());
    unpack(packed, shape, {shape.rows, shape.columns, shape.row_stride, 1}, w.data());
}

void unpack_rows(const PackedMatrix& packed, const WeightShape& shape, std::span<Fp16> w) {
    check_shape(shape, w.size());
    unpack(packed, shape, {shape.columns, shape.rows, 1, shape.row_stride}, w.data());
}

}  // namespace satsim::nm
