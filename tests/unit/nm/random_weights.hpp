// Random weights full of what selection must get right, and the selection rule by brute force.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "runtime/nm/weight_shape.hpp"
#include "runtime/numerics/fp16.hpp"

namespace satsim::nm::test {

inline int pick(std::mt19937_64& random, int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
}

// Any bits (NaNs, infinities, subnormals), zeros of both signs, or one of a few values, so that ties are
// common.
inline Fp16 random_value(std::mt19937_64& random) {
    const auto sign = static_cast<std::uint16_t>(pick(random, 0, 1) << 15);
    switch (pick(random, 0, 5)) {
        case 0:
            return {static_cast<std::uint16_t>(random())};
        case 1:
            return {sign};
        case 2:
            return {static_cast<std::uint16_t>(sign | pick(random, 0x7BFF, 0x7C02))};  // largest, Inf, NaN
        default:
            return {static_cast<std::uint16_t>(sign | (0x3C00 + pick(random, 0, 3)))};
    }
}

// Small enough to be quick, large enough for several blocks of every loop; some have gaps between rows and
// taps.
inline WeightShape random_shape(std::mt19937_64& random) {
    const int most = pick(random, 0, 3) == 0 ? 150 : 40;
    WeightShape shape =
        WeightShape::contiguous(pick(random, 1, 3), pick(random, 1, most), pick(random, 1, most));
    if (pick(random, 0, 1) == 0) {
        shape.row_stride += pick(random, 0, 9);
        shape.tap_stride = shape.rows * shape.row_stride + pick(random, 0, 9);
    }
    return shape;
}

inline std::vector<Fp16> random_weights(std::mt19937_64& random, const WeightShape& shape) {
    std::vector<Fp16> w(static_cast<std::size_t>(shape.extent()));
    for (Fp16& value : w) value = random_value(random);
    return w;
}

// Positions, ascending, of the n largest of `group`: sorted by magnitude, equal ones as they come.
inline std::vector<int> largest(const std::vector<Fp16>& group, int n) {
    std::vector<int> order(group.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        return group[static_cast<std::size_t>(a)].magnitude() >
               group[static_cast<std::size_t>(b)].magnitude();
    });
    order.resize(std::min(order.size(), static_cast<std::size_t>(n)));
    std::sort(order.begin(), order.end());
    return order;
}

// One direction of grouping: offset(tap, element along the groups, packed column).
struct View {
    WeightShape shape;
    bool along_rows;  // true: ..._columns functions

    [[nodiscard]] int depth() const { return static_cast<int>(along_rows ? shape.rows : shape.columns); }
    [[nodiscard]] int columns() const { return static_cast<int>(along_rows ? shape.columns : shape.rows); }
    [[nodiscard]] std::size_t offset(int tap, int element, int column) const {
        const int row = along_rows ? element : column;
        const int c = along_rows ? column : element;
        return static_cast<std::size_t>(tap * shape.tap_stride + row * shape.row_stride + c);
    }
    [[nodiscard]] std::vector<Fp16> group(const std::vector<Fp16>& w, int tap, int first, int m,
                                          int column) const {
        std::vector<Fp16> values;
        for (int e = first; e < std::min(first + m, depth()); ++e)
            values.push_back(w[offset(tap, e, column)]);
        return values;
    }
};

}  // namespace satsim::nm::test
