#include "runtime/nm/weight_shape.hpp"

#include <stdexcept>
#include <string>

namespace satsim::nm {

std::int64_t WeightShape::extent() const {
    if (taps == 0 || rows == 0 || columns == 0) return 0;
    return (taps - 1) * tap_stride + (rows - 1) * row_stride + columns;
}

void check_shape(const WeightShape& shape, std::size_t elements) {
    if (shape.taps < 0 || shape.rows < 0 || shape.columns < 0) {
        throw std::invalid_argument("weights: negative size");
    }
    const bool rows_overlap = shape.rows > 1 && shape.row_stride < shape.columns;
    const bool taps_overlap = shape.taps > 1 && shape.rows > 0 &&
                              shape.tap_stride < (shape.rows - 1) * shape.row_stride + shape.columns;
    if (rows_overlap || taps_overlap)
        throw std::invalid_argument("weights: strides make rows or taps overlap");
    if (static_cast<std::size_t>(shape.extent()) > elements) {
        throw std::invalid_argument("weights: the shape needs " + std::to_string(shape.extent()) +
                                    " elements, the array has " + std::to_string(elements));
    }
}

void check_pattern(const NmPattern& nm) {
    const bool power = nm.m == 1 || nm.m == 2 || nm.m == 4 || nm.m == 8 || nm.m == kMaxGroup;
    if (!power || nm.n < 1 || nm.n > nm.m) {
        throw std::invalid_argument("N:M pattern " + std::to_string(nm.n) + ":" + std::to_string(nm.m) +
                                    ", expected M of 1, 2, 4, 8 or 16 and 1 <= N <= M");
    }
}

}  // namespace satsim::nm
