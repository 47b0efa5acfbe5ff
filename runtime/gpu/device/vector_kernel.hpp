// Which kernel does a piece of vector work: one that reads and writes the same tensors, else traffic of the
// same bytes. No CUDA: tests ask for every network's work.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "runtime/gpu/shared/operations.hpp"
#include "runtime/gpu_record/work.hpp"

namespace satsim::gpu {

// What has a launch of its own.
enum class SingleKernel {
    Update,
    Transpose,
    Fill,
    AddFloats,
    RowGradientStatistics,
    RowNormGradient,
    Traffic
};

struct VectorKernel {
    std::string name;
    std::variant<SingleKernel, Elementwise, Rowwise, Columnwise> operation = SingleKernel::Traffic;
};

// FP16 tensors of the work's size.
struct KernelTensors {
    int reads = 0;
    int writes = 0;
    auto operator<=>(const KernelTensors&) const = default;
};
// Nothing where that is the work's to say, which the kernel follows (updates, fills, traffic), and of FP32
// tensors.
[[nodiscard]] std::optional<KernelTensors> tensors_of(SingleKernel kernel);
[[nodiscard]] KernelTensors tensors_of(Elementwise operation);
[[nodiscard]] KernelTensors tensors_of(Rowwise operation);
[[nodiscard]] KernelTensors tensors_of(Columnwise operation);

// Activations that are more than a comparison run as GELU, gated ones as SiLU times the gate; root mean
// squares as norms, and rows of different lengths as rows of their mean length.
[[nodiscard]] VectorKernel kernel_of(const VectorWork& work);

}  // namespace satsim::gpu
