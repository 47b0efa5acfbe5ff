// What a training step needs of a machine's memory; docs/formats/compare.md states what is counted.
#pragma once

#include <string>

#include "runtime/support/types.hpp"

namespace satsim {

struct Footprint {
    Bytes activations = 0;  // kept for the backward pass, of one micro-batch
    Bytes received = 0;     // such ones that another machine of a mix made; 0 for a step on one machine
    Bytes gradients = 0;    // the two largest feature-map gradients alive at once
    Bytes masters = 0;      // FP32, of trained weights
    Bytes copies = 0;       // FP16 for FF and BP, packed where they are N:M; tables and norms that are frozen
    Bytes optimizer_state = 0;   // FP32
    Bytes weight_gradients = 0;  // FP32 dW of the largest layer; with micro-batches all
    [[nodiscard]] Bytes total() const {
        return activations + received + gradients + masters + copies + optimizer_state + weight_gradients;
    }
};

// A step in the memory of one machine.
struct MemoryFit {
    Footprint footprint;
    Bytes capacity = 0;  // 0: not known
    std::string advice;  // of a step that does not fit: what would; empty otherwise
    [[nodiscard]] bool fits() const { return capacity == 0 || footprint.total() <= capacity; }
};

}  // namespace satsim
