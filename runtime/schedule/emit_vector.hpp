// Programs of vector tasks: tensors stream through the vector memory; docs/architecture/vector.md §6.
//
// VectorProblem is a VectorTask in terms of VEC: the kernel, the matrix that streams through, the copies that
// SORE makes of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/schedule/scheduler.hpp"

namespace satsim::schedule {

enum class VectorKernel {
    Relu,                // y = relu(x)
    ReluGrad,            // dx from dy, y
    Add,                 // y = a + b
    Bias,                // y = x + bias
    BiasGrad,            // dbias
    NormStatistics,      // mean, 1/std, scale, shift, -mean/std of x, gamma, beta
    NormApply,           // y from x, scale, shift
    NormGradStatistics,  // dbeta, dgamma, B, C of dy, x, scale, 1/std, -mean/std
    NormGradApply,       // dx from dy, x, B, C, scale
    Sgd,
    Adam,
    AdamW,
    Prune,  // packed copies of an FP16 matrix
    ZeroFill,
    Sum  // a + b of weight gradients, into a
};

// Whether the kernel's matrices hold FP32 elements, FP16 otherwise.
[[nodiscard]] bool holds_fp32(VectorKernel kernel);

// Numbers that become the scalar registers; what the timing does not depend on.
struct Hyperparameters {
    float loss_scale = 1.0F;
    float learning_rate = 0.1F;
    float momentum = 0.9F;  // SGD
    float weight_decay = 0.0F;
    float sr_ste_decay = 0.0F;  // 0: no decay of pruned weights
    float beta1 = 0.9F;
    float beta2 = 0.999F;
    float epsilon = 1e-8F;  // Adam; batch normalisation: 1e-5 is usual
    int step = 1;           // Adam: number of this update, from 1
};

struct VectorProblem {
    std::string layer;
    VectorKernel kernel = VectorKernel::Relu;
    // A feature map: positions x channels as stored (a multiple of 4). A weight: `taps` matrices of input x
    // output channels. ZeroFill: one row of FP16 elements.
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::int64_t taps = 1;
    bool relu = false;  // Add, Bias, NormApply: fused
    // What the copies keep; they are stored as stored_pattern() of it.
    std::optional<NmPattern> pack_ff;  // copy with groups along rows; dense: plain FP16
    std::optional<NmPattern> pack_bp;  // copy with groups along columns, transposed
    Hyperparameters hyper;
};

// Byte addresses; every tensor begins at a burst boundary. Packed copies have the layout of the B operand of
// FF and BP (tensor_layout.hpp): [tap][group][j][column padded to 32].
struct VectorLayout {
    std::vector<std::int64_t> inputs;       // in the order of the operation's operands a, b, c, d
    std::vector<std::int64_t> outputs;      // o0, o1, o2
    std::vector<std::int64_t> vectors_in;   // FP32, one value a column
    std::vector<std::int64_t> vectors_out;  // FP32
    std::int64_t pitch = 0;                 // bytes of a row of a matrix
    struct Packed {
        std::int64_t values = 0;
        std::int64_t indices = 0;
        std::int64_t pitch = 0;  // bytes of a row of values; of indices: a quarter
        std::int64_t rows = 0;   // (group, j) of one tap
    };
    Packed ff;
    Packed bp;
    std::int64_t program = 0;
    std::int64_t bytes = 0;
};

// Throws InputError naming the layer for work that VEC has no micro-program for.
[[nodiscard]] VectorProblem problem_of(const VectorTask& task, const isa::ArrayConfig& array);
[[nodiscard]] VectorLayout layout_vector(const VectorProblem& problem, const isa::ArrayConfig& array);
// Throws InputError naming the layer when the vector memory is too small or SORE is not built for a copy's
// pattern.
[[nodiscard]] isa::Program emit_vector_program(const VectorProblem& problem, const isa::ArrayConfig& array);

// s0..s10 of the operation.
[[nodiscard]] std::array<float, 11> scalars_of(const VectorProblem& problem);

// ---- between emit_vector*.cpp

enum VectorSemaphore : int {
    kInputFull = 0,   // LOAD -> VEC
    kInputFree = 1,   // VEC -> LOAD
    kOutputFull = 2,  // VEC -> STORE
    kOutputFree = 3,  // STORE -> VEC
};

// Halves of the two halves of the vector memory, in words: LOAD fills the lower one, VEC the upper one.
struct VectorMemoryMap {
    explicit VectorMemoryMap(const isa::ArrayConfig& array)
        : upper(std::int64_t{array.vmem_lines / 2} * array.line_words()),
          input_half(upper / 2),
          output_half((std::int64_t{array.vmem_lines} * array.line_words() - upper) / 2) {}
    std::int64_t upper;
    std::int64_t input_half;
    std::int64_t output_half;
};

[[nodiscard]] isa::Program emit_vector_stream(const VectorProblem& problem, const isa::ArrayConfig& array);
[[nodiscard]] isa::Program emit_vector_update(const VectorProblem& problem, const isa::ArrayConfig& array);

}  // namespace satsim::schedule
