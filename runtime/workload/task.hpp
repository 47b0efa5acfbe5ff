// The tasks of one training step: what a target is asked to do, independent of how it does it.
//
// A step is an ordered list of tasks. A GEMM task is C[m,n] = sum_k A[m,k]*B[k,n]; a vector task streams
// tensors through element-wise or row-wise arithmetic; a host task is work that the accelerator has no unit
// for. Sizes are those of the whole batch. Nothing here knows a target, a schedule or an address.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/support/types.hpp"

namespace satsim {

// One kernel tap of an implicit GEMM: position (y, x) of the output grid reads input row y*stride_y + dy and
// column x*stride_x + dx; outside the input it reads zeros.
struct Tap {
    int dy = 0;
    int dx = 0;
    int weight_tap = 0;  // index ky*kernel_w + kx of this tap in the layer's weight tensor
    auto operator<=>(const Tap&) const = default;
};

// How positions of an output grid read an NHWC input tensor. A matrix product is the case in_h = in_w =
// grid_h = 1, grid_w = in_w = rows, one tap (0,0).
struct Gather {
    std::int64_t batch = 1;  // images
    int grid_h = 1;          // output positions per image, rows
    int grid_w = 1;          // output positions per image, columns
    int in_h = 1;            // input rows per image
    int in_w = 1;            // input columns per image
    int channels = 0;        // channels read per position (of one convolution group), unpadded
    int stride_y = 1;
    int stride_x = 1;
    int pixel = 0;  // elements from one input column to the next; 0: the channels, padded. Smaller than
                    // `channels` where a run covers several columns (schedule/fold_image.hpp)
    // An input of the network: the host stores it in the form that suits the reader
    // (schedule/fold_image.hpp).
    bool from_host = false;
    std::vector<Tap> taps{Tap{}};  // in the order of the reduction: K runs over (tap, channel)
    // A last tap that reads a part of its own of every input row, behind the columns. Elements.
    struct Tail {
        int channels = 0;  // of its run, not above the others'; 0: there is none
        int pixel = 0;     // from one input column to the next
        int offset = 0;    // from the beginning of the row
        int row = 0;       // of a whole input row
        auto operator<=>(const Tail&) const = default;
    };
    Tail tail{};
    auto operator<=>(const Gather&) const = default;
    [[nodiscard]] std::int64_t positions() const { return batch * grid_h * grid_w; }
    [[nodiscard]] bool is_tail(std::size_t tap) const { return tail.channels > 0 && tap + 1 == taps.size(); }
    [[nodiscard]] int channels_of(std::size_t tap) const { return is_tail(tap) ? tail.channels : channels; }
    // Elements that all taps read at a position. Element (tap, channel) is number tap*channels + channel.
    [[nodiscard]] std::int64_t extent() const {
        return static_cast<std::int64_t>(taps.size() - 1) * channels + channels_of(taps.size() - 1);
    }
};

// Where the rows of C go: row (b, y, x) of the grid is stored at image row y*step_y + off_y, column x*step_x
// + off_x of an NHWC tensor of out_h x out_w (a phase of a strided convolution's BP writes every second row
// and column).
struct Scatter {
    int out_h = 1;
    int out_w = 1;
    int step_y = 1;
    int step_x = 1;
    int off_y = 0;
    int off_x = 0;
    auto operator<=>(const Scatter&) const = default;
};

enum class ElementType { Fp16, Fp32 };

// One GEMM. FF and BP: m = positions, k = taps*channels, n = output (FF) or input (BP) channels; A is
// gathered from a feature map, B is the weight. WU: m = taps*channels, k = positions, n = output channels; A
// is the same gathered map transposed, B is dY, C is dW in FP32. Products of activations may be of either
// form (over_positions).
struct GemmTask {
    std::string layer;  // name in the network file
    std::string
        part;  // "" or which part of the layer's stage: "phase 0,1" of a strided BP, "q", "scores" ...
    Stage stage = Stage::FF;
    GemmShape shape;         // true sizes, channels not padded
    std::int64_t count = 1;  // independent GEMMs of this shape (convolution groups, attention heads * batch)
    NmPattern nm;            // along k; dense is n == m
    std::string dense_reason;  // why a layer of a sparse recipe stays dense; empty otherwise
    Gather gather;             // of A (FF, BP) or of A transposed (WU)
    Scatter scatter;           // of C (FF, BP); unused in WU
    ElementType out = ElementType::Fp16;
    bool weight_operand = true;  // B is a trained weight (false: attention scores and context)
    // SDGP's BP: dY carries the N:M pattern, and the sparse operand is always B. So dX^T = W * dY^T: m =
    // input channels, n = positions, k = taps*output channels.
    bool sparse_is_activation = false;
    // FF, BP: K runs over the positions of A's map and m over its channels, as in WU: A lies as [k][m].
    bool over_positions = false;
    bool frozen = false;  // its weight is packed once, before training
    // A vector of n is added to every row of C as it is written (gpu_model/fusions.hpp); no step has such
    // tasks itself.
    bool bias = false;
    std::int64_t times = 1;  // how often the step has this task: repeated modules, micro-batches
    auto operator<=>(const GemmTask&) const = default;
    // Multiply-accumulates if nothing were sparse, all `count` GEMMs, whole batch, unpadded.
    [[nodiscard]] Macs dense_macs() const { return count * shape.m * shape.n * shape.k; }
    // Whether A is a matrix as it lies and rows of C follow each other: no convolution.
    [[nodiscard]] bool is_matrix() const {
        return gather.taps.size() == 1 && gather.taps.front().dy == 0 && gather.taps.front().dx == 0 &&
               gather.stride_y == 1 && gather.stride_x == 1 && gather.grid_h == gather.in_h &&
               gather.grid_w == gather.in_w && scatter.step_y == 1 && scatter.step_x == 1;
    }
    // Whether the array reads A transposed and reduces over positions.
    [[nodiscard]] bool sums_positions() const { return stage == Stage::WU || over_positions; }
};

enum class VectorOp {
    Activation,          // ReLU, GELU ...: y = f(x)
    ActivationGrad,      // dx = dy * f'(x)
    NormStatistics,      // mean and variance per channel (BN) or row (LN)
    NormApply,           // normalise, scale, shift
    NormGradStatistics,  // sums needed by the gradient, and dgamma, dbeta
    NormGradApply,       // dx
    Add,                 // residual; its gradient is a copy or a sum
    Multiply,            // of two tensors, and both gradients
    Copy,                // to another place or order of rows
    Resize,              // up- or down-sampling, and its gradient
    Bias,                // y = x + b
    BiasGrad,            // sum over positions
    Pool,                // max or average
    PoolGrad,
    Softmax,
    SoftmaxGrad,
    Loss,       // loss value and its gradient
    Embed,      // position/class embedding add or gather, and its gradient
    Rotary,     // rotary position embedding, and its gradient
    Combine,    // weighted sum of experts' outputs, and its gradient
    Nearest,    // smallest of a codebook's distances
    Optimizer,  // update of FP32 master weights
    Prune,      // N:M selection and packing (SORE)
    Transpose,  // of FP16 matrices: operands whose reduction does not lie as the array wants it
    ZeroFill    // where nothing else is written: phases without a tap, gradients of rows that nobody took
};

[[nodiscard]] const char* to_string(VectorOp op);

// Weights: `taps` matrices of input x output channels. Maps: positions x channels. rows == 0: the work is
// element by element and the shape does not matter.
struct MatrixShape {
    std::int64_t taps = 1;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    [[nodiscard]] std::int64_t elements() const { return taps * rows * columns; }
    auto operator<=>(const MatrixShape&) const = default;
};

// Attention within sequences of one length: what a softmax's scores come from and its probabilities go to.
// All heads of the whole batch; queries [sequences][queries][heads][query_size], keys and values alike.
struct AttentionShape {
    std::int64_t sequences = 1;
    std::int64_t heads = 1;
    std::int64_t kv_heads = 1;  // divides heads: each serves as many of them
    std::int64_t queries = 0;   // positions of a sequence
    std::int64_t keys = 0;
    std::int64_t query_size = 0;  // channels of a head, of keys too
    std::int64_t value_size = 0;
    bool causal = false;      // no query sees a key behind its own place; queries == keys
    std::int64_t window = 0;  // causal: keys that a query sees at most, itself included; 0: all
    auto operator<=>(const AttentionShape&) const = default;
    // Queries and the keys that they see, of one head of one sequence.
    [[nodiscard]] std::int64_t pairs() const;
};

// Streams tensors once: reads, computes, writes.
struct VectorTask {
    std::string layer;
    VectorOp op = VectorOp::Activation;
    Stage stage = Stage::FF;    // the stage whose time it is counted in
    std::int64_t elements = 0;  // elements of the main tensor, whole batch
    MatrixShape shape;          // of the main tensor
    int reads_fp16 = 0;         // tensors of `elements` FP16 read
    int reads_fp32 = 0;         // tensors of `elements` FP32 read
    int writes_fp16 = 0;
    int writes_fp32 = 0;
    int flops_per_element = 1;  // additions and multiplications (a division or square root counts as one)
    Bytes extra_bytes = 0;      // small operands: per-channel parameters, packed copies
    std::string optimizer;      // "sgd", "adam", "adamw"; Optimizer only
    // Optimizer, Prune: copies that are written beside the update. Dense: a plain FP16 copy.
    std::optional<NmPattern> pregenerate_ff;  // groups along rows
    std::optional<NmPattern> pregenerate_bp;  // groups along columns, transposed
    // NormApply, Add, Bias: what is written is clipped at zero, the ReLU that follows.
    bool relu = false;
    // Softmax and its gradient of attention: whose probabilities they are, one entry for each length.
    std::vector<AttentionShape> attention;
    // One kernel for what a step has as several tasks (gpu_model/fusions.hpp); no step has such tasks itself.
    // NormApply, NormGradApply of rows: with the statistics. Softmax, SoftmaxGrad: with all products of
    // `attention`, whose scores and probabilities stay inside.
    bool fused = false;
    // Transpose only: it exists because the array reads an operand in one order alone. Where a GEMM takes
    // either order (BLAS libraries do), there is nothing to be done.
    bool operand_order = false;
    bool sat_capable =
        true;  // false: no unit of SAT computes it (GELU, softmax, LayerNorm, loss): a host task
    std::int64_t times = 1;  // how often the step has this task
    auto operator<=>(const VectorTask&) const = default;
};

// The operation, and what it does besides: "norm + activation".
[[nodiscard]] std::string name_of_work(const VectorTask& task);

using Task = std::variant<GemmTask, VectorTask>;

[[nodiscard]] inline std::int64_t times_of(const Task& task) {
    return std::visit([](const auto& each) { return each.times; }, task);
}

// The part of a step that a task belongs to. Again: FF inside the backward pass, where activations are formed
// again instead of kept. Update: once a step, whatever the number of micro-batches.
enum class Pass { Forward, Again, Backward, Update };

struct TaskOrigin {
    int layer = 0;  // index in the network
    Pass pass = Pass::Forward;
};

struct TrainingStep {
    std::string network;
    std::string recipe;
    std::int64_t batch = 0;
    std::string sample;     // what a sample holds; empty where the network's file says it all
    Bytes input_bytes = 0;  // FP16, of the batch's inputs that an accelerator reads as they are. Those of
                            // convolutions are stored as their task asks (Gather::from_host); values that
                            // select rows of tables stay with the host.
    std::vector<std::string> assumptions;  // of the recipe
    std::vector<Task>
        tasks;  // in execution order: FF first to last, loss, then BP and WU last to first with optimizer
    std::vector<TaskOrigin> origins;  // of each task
};

}  // namespace satsim
