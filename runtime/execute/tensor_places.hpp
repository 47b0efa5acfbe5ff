// Where the elements of a map lie: [item][row][column][channel]. Internal to runtime/execute.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/workload/network.hpp"

namespace satsim::execute {

// visit(channel, row, column, item) of every element of `batch` tensors of `shape`, in order of memory.
template <typename Visit>
void for_each_element(std::int64_t batch, const TensorShape& shape, Visit visit) {
    for (std::int64_t b = 0; b < batch; ++b)
        for (std::int64_t y = 0; y < shape.height; ++y)
            for (std::int64_t x = 0; x < shape.width; ++x)
                for (std::int64_t c = 0; c < shape.channels; ++c) visit(c, y, x, b);
}

[[nodiscard]] inline std::size_t element(const TensorShape& shape, std::int64_t c, std::int64_t y,
                                         std::int64_t x, std::int64_t b) {
    return static_cast<std::size_t>(((b * shape.height + y) * shape.width + x) * shape.channels + c);
}

}  // namespace satsim::execute
