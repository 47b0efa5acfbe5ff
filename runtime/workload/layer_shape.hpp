// The shape of a layer's output from those of its inputs.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/support/json_cursor.hpp"
#include "runtime/workload/network.hpp"

namespace satsim {

// Most rows or columns of a tensor.
inline constexpr int kMaxSide = 1 << 24;

// What decides a layer's output beside the fields that the layer keeps.
struct ShapeRequest {
    std::vector<TensorShape> inputs;
    std::int64_t out = 0;             // channels
    TensorShape shape;                // reshape, resize, permute, parameter
    int size = 0;                     // slice
    std::int64_t positions = 0;       // select
    std::int64_t chosen = -1;         // select: items; -1: all
    std::int64_t ways = 1;            // combine
    std::vector<std::int64_t> items;  // of the inputs
    Extent output_pad{0, 0};          // transposed convolution: rows and columns added at the end
};

// Sets in, with and out. Throws InputError at `item` or one of its fields when the inputs do not fit.
void infer_shape(const JsonCursor& item, const ShapeRequest& request, Layer& layer);

// The same for layers that work on sequences of a sample: attend, rope, norms of tokens, what takes positions
// apart and puts them together. `in` is set already, and `out` as `in`.
void infer_sequence_shape(const JsonCursor& item, const ShapeRequest& request, Layer& layer);

}  // namespace satsim
