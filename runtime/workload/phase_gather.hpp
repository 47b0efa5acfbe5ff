// Which pixels of a convolution's output the gradient of its input reads, phase by phase of the stride.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/workload/network.hpp"
#include "runtime/workload/task.hpp"

namespace satsim {

// How input pixels (stride.h * a + py, stride.w * b + px) of `batch` images read dY: position (a, b) of the
// grid reads row a + dy and column b + dx for every tap, with the channels of one group. The taps are in the
// order of memory; there may be none. A transposed convolution's forward pass is its mirror's, as `layer`.
[[nodiscard]] Gather phase_gather(const Layer& layer, std::int64_t batch, int py, int px);

// GemmTask::part of a phase: "phase 0,1", or "" where there is only one.
[[nodiscard]] std::string phase_part(const Extent& stride, int py, int px);

// Columns (dx) that the taps read, each once, ascending.
[[nodiscard]] std::vector<int> columns_of(const std::vector<Tap>& taps);

// Columns of the phase that reads most of them: as many copies of dY as SDGP packs, since a row of indices
// cannot be shifted by a column. 1 for other layers than convolutions.
[[nodiscard]] std::int64_t packed_gradient_copies(const Layer& layer);

}  // namespace satsim
