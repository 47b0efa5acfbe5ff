// Where the batch lies in a value of a model that was exported for a fixed batch.
//
// Shapes are inferred for that batch, so that every constant that the exporter wrote (the 16 of 4 samples
// with 4 heads) fits; then the axis that holds the samples is divided. An axis may hold more than samples:
// heads of every sample, or windows of an image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace satsim::importer {

class Graph;
struct Node;

// The axis is outer x batch x inner elements long.
struct BatchAxis {
    int axis = 0;
    std::int64_t outer = 1;
    std::int64_t inner = 1;
    bool operator==(const BatchAxis&) const = default;
};

// Of an output of `node`, whose shapes are known. nullopt where the output has no axis of samples, or the
// node mixes samples, or satsim does not know. A constant that Expand repeats once a sample has such an axis,
// too.
[[nodiscard]] std::optional<BatchAxis> batch_axis_of(const Graph& graph, const Node& node,
                                                     std::size_t output);

}  // namespace satsim::importer
