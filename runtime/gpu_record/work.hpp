// What a training step asks of a GPU: tasks without their layers' names, in the terms of GPU libraries. Equal
// pieces of work are measured once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/workload/task.hpp"

namespace satsim::gpu {

// `count` products C[m,n] = A[m,k] * B[k,n], each contiguous behind the last. FP16 operands, row-major unless
// transposed (A lies as [k][m], B as [n][k]), FP32 accumulation.
struct ProductWork {
    GemmShape shape;
    std::int64_t count = 1;
    NmPattern nm{8, 8};  // of B along k
    bool a_transposed = false;
    bool b_transposed = false;
    ElementType out = ElementType::Fp16;
    bool sparse_is_activation = false;
    bool bias = false;  // an FP16 vector of n is added to every row of C as it is written
    auto operator<=>(const ProductWork&) const = default;
};

enum class ConvolutionPass { Forward, InputGradient, WeightGradient };
[[nodiscard]] const char* to_string(ConvolutionPass pass);

// A whole convolution pass on NHWC maps, all groups and, of an input gradient, all phases of the stride.
struct ConvolutionWork {
    ConvolutionPass pass = ConvolutionPass::Forward;
    std::int64_t batch = 1;
    int in_h = 1;
    int in_w = 1;
    std::int64_t in_channels = 1;  // all groups
    int out_h = 1;
    int out_w = 1;
    std::int64_t out_channels = 1;
    int kernel_h = 1;
    int kernel_w = 1;
    int stride_y = 1;
    int stride_x = 1;
    int dilation_y = 1;
    int dilation_x = 1;
    int pad_top = 0;
    int pad_left = 0;
    int groups = 1;
    NmPattern nm{8, 8};  // of the weights along the pass's reduction
    bool sparse_is_activation = false;
    auto operator<=>(const ConvolutionWork&) const = default;
    // What is missing at the far ends for out_h x out_w positions; below 0: input that is never read.
    [[nodiscard]] int pad_bottom() const;
    [[nodiscard]] int pad_right() const;
};

// Streams tensors once; fields as of VectorTask.
struct VectorWork {
    VectorOp op = VectorOp::Activation;
    std::int64_t elements = 0;
    MatrixShape shape;
    int reads_fp16 = 0;
    int reads_fp32 = 0;
    int writes_fp16 = 0;
    int writes_fp32 = 0;
    int flops_per_element = 1;
    Bytes extra_bytes = 0;
    std::string optimizer;
    std::optional<NmPattern> pregenerate_ff;
    std::optional<NmPattern> pregenerate_bp;
    bool fused = false;  // norms of rows and their gradients: with the statistics
    auto operator<=>(const VectorWork&) const = default;
};

// Scaled dot-product attention in one go: scores, softmax and context, which leaves the logarithms of the
// rows' sums (FP32) for the backward pass; or the gradients of queries, keys and values, which forms scores
// and probabilities again. FP16, [sequences][positions][heads][channels of a head].
struct AttentionWork {
    bool gradient = false;
    AttentionShape shape;
    auto operator<=>(const AttentionWork&) const = default;
};

// What a machine has kernels for: each of a step's tasks, or also several in one (gpu_model/fusions.hpp).
enum class Kernels { Separate, Fused };

using Work = std::variant<ProductWork, ConvolutionWork, VectorWork, AttentionWork>;

// Works that nothing runs, and why.
using Refusals = std::map<Work, std::string>;

// Multiply-accumulates as if nothing were sparse, padding's taps left out where the task leaves them out.
[[nodiscard]] Macs dense_macs(const Work& work);
// Each operand and each result once; sparse weights as SAT packs them.
[[nodiscard]] Bytes compulsory_bytes(const Work& work);
[[nodiscard]] NmPattern pattern_of(const Work& work);  // dense for vector work
// "product 512x1000x2048 2:8", for errors and tables.
[[nodiscard]] std::string describe(const Work& work);

// The task that predictions are made for; nothing for a strided input gradient, which is several.
[[nodiscard]] std::optional<Task> task_of(const Work& work);
// All of them: of a strided input gradient its phases, and zeros where a phase has no tap.
[[nodiscard]] std::vector<Task> tasks_of(const Work& work);

}  // namespace satsim::gpu
