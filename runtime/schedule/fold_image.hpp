// Stores an input of the network so that its first convolution reads nothing but weights' worth.
//
// LOAD moves 8-byte words, so pixels of 3 channels are padded to 4 and a quarter of the array's slots
// multiplies padding. The host writes the input, in whatever form: here pixels lie side by side without
// padding, and where that alone does not bring every position to a word, neighbouring rows (as many as divide
// the stride) are interleaved pixel by pixel: [record][column][row in the record][channel]. The zeros around
// the image are stored. A kernel row of a record is one run. Where the kernel ends inside a record, its last
// rows are stored a second time, behind the columns of the record, and read from there (Gather::Tail).
// docs/architecture/layouts.md
#pragma once

#include <optional>

#include "runtime/workload/task.hpp"

namespace satsim::schedule {

// The task on the input stored so, with the order of K that follows from it: taps are records, K runs over
// (tap, kernel column, row in the record, channel). Nothing when A is no input of the network, or when its
// pixels padded to words take as little of K.
[[nodiscard]] std::optional<GemmTask> fold_image(const GemmTask& task);

}  // namespace satsim::schedule
