// Which pixels of a convolution's output the gradient of its input reads, phase by phase of the stride.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/workload/network.hpp"
#include "runtime/workload/task.hpp"

namespace satsim {

// Input pixels (stride.h * a + py, stride.w * b + px): one GEMM of the gradient.
struct StridePhase {
    std::string part;  // GemmTask::part: "phase 0,1", or "" where there is only one
    int py = 0;
    int px = 0;
    // How they read dY: position (a, b) of the grid reads row a + dy and column b + dx for every tap, with
    // the channels of one group. The taps are in the order of memory.
    Gather reads;
    // No tap reaches these pixels: their gradient is zero, and no product writes it.
    [[nodiscard]] bool empty() const { return reads.taps.empty(); }
};

// All phases of a convolution over `batch` images, by rows. Phases of a transposed convolution's forward pass
// are those of its mirror.
[[nodiscard]] std::vector<StridePhase> phases_of(const Layer& layer, std::int64_t batch);

// The convolution from a transposed convolution's output to its input; its gradient is the layer.
[[nodiscard]] Layer mirror_of(const Layer& layer);

// Columns (dx) that the taps read, each once, ascending.
[[nodiscard]] std::vector<int> columns_of(const std::vector<Tap>& taps);

// Columns of the phase that reads most of them: as many copies of dY as SDGP packs, since a row of indices
// cannot be shifted by a column. 1 for other layers than convolutions.
[[nodiscard]] std::int64_t packed_gradient_copies(const Layer& layer);

}  // namespace satsim
