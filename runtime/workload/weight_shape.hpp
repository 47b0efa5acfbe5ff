// The weights of a layer that GEMMs read.
#pragma once

#include "runtime/workload/network.hpp"
#include "runtime/workload/task.hpp"

namespace satsim {

// [group][tap][input channel][output channel]; several sets of weights one after the other; attention: all
// projections side by side. rows == 0: no GEMM reads any.
[[nodiscard]] MatrixShape weight_shape(const Layer& layer);

// Parameters of an embedding that every sample reads: its class token and a row for each of its positions. A
// longer table has more.
[[nodiscard]] std::int64_t embedding_reach(const Layer& layer);

// Of each layer, the last one that is tied to it; -1: none.
[[nodiscard]] std::vector<int> tied_readers(const Network& network);

// The layer whose GEMMs read the weights of layer `index`: itself or, for a table, the one that is tied to
// it.
[[nodiscard]] int weight_reader(const Network& network, const std::vector<int>& tied_readers, int index);

}  // namespace satsim
