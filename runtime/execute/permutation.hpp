// What a permute layer means. The file has two shapes and whether the channels change place; that says where
// every element goes in these cases:
//   without `transposed`   space to depth and back; rows and columns change place
//   with it                the positions become the channels; one other order of the three axes fits the
//   shapes
// Internal to runtime/execute.
#pragma once

#include <cstddef>
#include <vector>

#include "runtime/workload/network.hpp"

namespace satsim::execute {

// Whether the layer is one of them.
[[nodiscard]] bool has_one_meaning(const Layer& permute);

// Of each element of the output of `batch` items, in order of memory, the place in the input. Throws
// std::logic_error for a layer that has not one meaning.
[[nodiscard]] std::vector<std::size_t> permuted_places(const Layer& permute, std::int64_t batch);

}  // namespace satsim::execute
