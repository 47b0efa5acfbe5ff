// The weights of a layer that GEMMs read.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/workload/network.hpp"
#include "runtime/workload/task.hpp"

namespace satsim {

// [group][tap][input channel][output channel]; several sets of weights one after the other; attention: all
// projections side by side. rows == 0: no GEMM reads any.
[[nodiscard]] MatrixShape weight_shape(const Layer& layer);

// Weights that equally many positions of an item use: one GEMM task has all of them as its instances.
struct WeightShare {
    std::int64_t positions = 0;         // of an item, for each of the weights
    std::vector<std::int64_t> weights;  // indices of Layer::sets, ascending
};
// In the order of the step's tasks, the most positions first; weights without positions have none. A layer
// with one weight has one share.
[[nodiscard]] std::vector<WeightShare> weight_shares(const Layer& layer);

// Parameters of an embedding that every sample reads: its class token and a row for each of its positions. A
// longer table has more.
[[nodiscard]] std::int64_t embedding_reach(const Layer& layer);

// Of each layer, the last one that is tied to it; -1: none.
[[nodiscard]] std::vector<int> tied_readers(const Network& network);

// The layer whose GEMMs read the weights of layer `index`: itself or, for a table, the one that is tied to
// it.
[[nodiscard]] int weight_reader(const Network& network, const std::vector<int>& tied_readers, int index);

}  // namespace satsim
