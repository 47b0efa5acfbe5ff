// How an ONNX value lies in the output of a satsim layer.
//
// satsim keeps every tensor with its channels innermost, and knows three extents of it. An ONNX value has any
// number of axes in an order of its own. A view says in which order the axes lie in memory, so that a
// Transpose costs nothing until somebody needs another order: NCHW to NHWC, the heads of attention and the
// transposed keys are free; a shuffle of channels or a partition into windows moves every element once
// (`permute`).
#pragma once

#include <optional>
#include <vector>

#include "runtime/onnx/constant.hpp"
#include "runtime/workload/network.hpp"

namespace satsim::importer {

struct View {
    int layer = -1;          // of the network file; -1: its input
    int constant = -1;       // or a constant value of the graph, which becomes a layer where it is read
    Dims dims;               // as in ONNX
    std::vector<int> order;  // axes from the outermost in memory to the innermost
    bool loose = false;      // a product's output: it stores its matrices wherever the next reader wants them

    [[nodiscard]] std::int64_t extent(int axis) const { return dims[static_cast<std::size_t>(axis)]; }
    [[nodiscard]] int rank() const { return static_cast<int>(dims.size()); }
    [[nodiscard]] std::vector<int> real_order() const;  // without axes of extent 1
    [[nodiscard]] std::int64_t elements() const;
};

[[nodiscard]] std::vector<int> natural_order(int rank);

// The view after Reshape; nullopt when the elements would have to move.
[[nodiscard]] std::optional<View> reshaped(const View& view, const Dims& dims);

// The view after Transpose: axis i of the result is axis axes[i] of `view`. Nothing moves.
[[nodiscard]] View with_axes(const View& view, const std::vector<int>& axes);

// Axes from the inside out as channels, width and height: as many of `groups` (numbers of axes) as there are.
// nullopt when an extent does not fit a shape.
[[nodiscard]] std::optional<TensorShape> make_shape(std::int64_t channels, std::int64_t height,
                                                    std::int64_t width);

// The innermost axis as channels, the next as width, all others as height.
[[nodiscard]] std::optional<TensorShape> plain_shape(const View& view);

// Where `axis` is found in a tensor of `shape` that holds the view: along which of its axes, and how many
// elements of that axis one step of `axis` is. nullopt: inside a group of axes that are one in `shape`.
struct Place {
    Axis axis = Axis::Channels;
    std::int64_t step = 1;
};
[[nodiscard]] std::optional<Place> place_of(const View& view, const TensorShape& shape, int axis);

// A shape in which place_of() finds `axis`.
[[nodiscard]] std::optional<TensorShape> shape_around(const View& view, int axis);

}  // namespace satsim::importer
