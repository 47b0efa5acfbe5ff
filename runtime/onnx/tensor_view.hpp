// Where the elements of a constant lie in the initializer that it is made of.
//
// Exporters turn, reshape and split weights by nodes of the graph. Followed back to its initializer, such a
// constant is a walk over the initializer's elements; so is satsim's own order of the same weights. Nothing
// is computed: a constant that is more than a walk has no view.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/onnx/graph.hpp"

namespace satsim::importer {

struct TensorView {
    int initializer = -1;     // number in the graph's list
    Dims dims;                // read row-major, the last one fastest
    Dims strides;             // elements of the initializer
    std::int64_t offset = 0;  // first element

    // Axis i of the result is axis axes[i] of this view.
    [[nodiscard]] TensorView transposed(const std::vector<int>& axes) const;
    // The same elements in the same order under other extents; nullopt where that is no walk.
    [[nodiscard]] std::optional<TensorView> reshaped(const Dims& to) const;
    // The largest index that is read.
    [[nodiscard]] std::int64_t last() const;
};

// The walk of a constant through Identity, Transpose, Reshape and its relatives, Expand, Slice and Split to
// an initializer; nullopt for anything else.
[[nodiscard]] std::optional<TensorView> tensor_view(const Graph& graph, int value);

}  // namespace satsim::importer
