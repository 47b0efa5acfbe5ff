// Work that is no GEMM. Counts of tensors read and written follow from what the operation needs when nothing
// is fused.
#include <algorithm>

#include "runtime/workload/layer_tasks.hpp"

namespace satsim {
namespace {

constexpr Bytes kFp32Bytes = 4;

VectorTask vector_task(const Layer& layer, VectorOp op, Stage stage, std::int64_t elements, int reads,
                       int writes, int flops) {
    VectorTask task;
    task.layer = layer.name;
    task.op = op;
    task.stage = stage;
    task.elements = elements;
    task.reads_fp16 = reads;
    task.writes_fp16 = writes;
    task.flops_per_element = flops;
    return task;
}

// A feature map whose channels have parameters or sums of their own.
VectorTask by_channel(VectorTask task, std::int64_t channels, int vectors) {
    task.shape = {1, task.elements / channels, channels};
    task.extra_bytes = vectors * kFp32Bytes * channels;
    return task;
}

VectorTask host(VectorTask task) {
    task.sat_capable = false;
    return task;
}

// Bytes of one packed copy of `weights` values: N of M kept, FP16 value and 4-bit index each.
Bytes packed_bytes(std::int64_t weights, const NmPattern& nm) {
    const std::int64_t kept = ceil_div<std::int64_t>(weights * nm.n, nm.m);
    return kept * 2 + (nm.dense() ? 0 : ceil_div<std::int64_t>(kept, 2));
}

// The weights that GEMMs read; rows == 0 where there are none. Attention: all projections side by side.
MatrixShape weight_shape(const Layer& layer) {
    switch (layer.kind) {
        case LayerKind::Conv:
            return {std::int64_t{layer.kernel} * layer.kernel * layer.groups,
                    layer.in.channels / layer.groups, layer.out.channels / layer.groups};
        case LayerKind::Linear:
            return {1, layer.in.channels, layer.out.channels};
        case LayerKind::Attention:
            return {1, layer.in.channels, 4 * layer.in.channels};
        default:
            return {};
    }
}

}  // namespace

void append_vector_ff(const StepContext& context, const Layer& layer, std::vector<Task>& tasks) {
    const std::int64_t in = context.batch * layer.in.elements();
    const std::int64_t out = context.batch * layer.out.elements();
    const auto add = [&](VectorTask task) { tasks.emplace_back(std::move(task)); };
    switch (layer.kind) {
        case LayerKind::BatchNorm:
            add(by_channel(vector_task(layer, VectorOp::NormStatistics, Stage::FF, in, 1, 0, 3),
                           layer.in.channels, 2));
            add(by_channel(vector_task(layer, VectorOp::NormApply, Stage::FF, in, 1, 1, 2), layer.in.channels,
                           4));
            break;
        case LayerKind::LayerNorm:
            add(host(vector_task(layer, VectorOp::NormStatistics, Stage::FF, in, 1, 0, 3)));
            add(host(vector_task(layer, VectorOp::NormApply, Stage::FF, in, 1, 1, 4)));
            break;
        case LayerKind::Relu:
            add(vector_task(layer, VectorOp::Activation, Stage::FF, in, 1, 1, 1));
            break;
        case LayerKind::Gelu:
            add(host(vector_task(layer, VectorOp::Activation, Stage::FF, in, 1, 1, 8)));
            break;
        case LayerKind::MaxPool:
        case LayerKind::AvgPool:
        case LayerKind::GlobalPool: {
            const auto window =
                static_cast<int>(std::max<std::int64_t>(1, in / std::max<std::int64_t>(out, 1)));
            VectorTask pool =
                host(vector_task(layer, VectorOp::Pool, Stage::FF, out, 0, 1,
                                 layer.kind == LayerKind::GlobalPool ? window : layer.kernel * layer.kernel));
            pool.extra_bytes = 2 * in;
            add(pool);
            break;
        }
        case LayerKind::Add:
            add(vector_task(layer, VectorOp::Add, Stage::FF, out, 2, 1, 1));
            break;
        case LayerKind::Embedding:
            add(host(vector_task(layer, VectorOp::Embed, Stage::FF, out, 2, 1, 1)));
            break;
        case LayerKind::Attention: {
            const std::int64_t scores = context.batch * layer.heads * layer.in.width * layer.in.width;
            add(host(vector_task(layer, VectorOp::Softmax, Stage::FF, scores, 1, 1, 5)));
            if (layer.bias) {
                add(by_channel(vector_task(layer, VectorOp::Bias, Stage::FF, 4 * in, 1, 1, 1),
                               4 * layer.in.channels, 1));
            }
            break;
        }
        case LayerKind::Loss:
            add(host(vector_task(layer, VectorOp::Loss, Stage::FF, in, 1, 1, 8)));
            break;
        default:
            break;
    }
    if (layer.bias && (layer.kind == LayerKind::Conv || layer.kind == LayerKind::Linear)) {
        add(by_channel(vector_task(layer, VectorOp::Bias, Stage::FF, out, 1, 1, 1), layer.out.channels, 1));
    }
}

void append_vector_bp(const StepContext& context, const Layer& layer, std::vector<Task>& tasks) {
    const std::int64_t in = context.batch * layer.in.elements();
    const std::int64_t out = context.batch * layer.out.elements();
    const auto add = [&](VectorTask task) { tasks.emplace_back(std::move(task)); };
    if (layer.bias && (layer.kind == LayerKind::Conv || layer.kind == LayerKind::Linear)) {
        add(by_channel(vector_task(layer, VectorOp::BiasGrad, Stage::BP, out, 1, 0, 1), layer.out.channels,
                       1));
    }
    switch (layer.kind) {
        case LayerKind::BatchNorm:
            add(by_channel(vector_task(layer, VectorOp::NormGradStatistics, Stage::BP, in, 2, 0, 4),
                           layer.in.channels, 4));
            add(by_channel(vector_task(layer, VectorOp::NormGradApply, Stage::BP, in, 2, 1, 5),
                           layer.in.channels, 4));
            break;
        case LayerKind::LayerNorm:
            add(host(vector_task(layer, VectorOp::NormGradStatistics, Stage::BP, in, 2, 0, 6)));
            add(host(vector_task(layer, VectorOp::NormGradApply, Stage::BP, in, 2, 1, 6)));
            break;
        case LayerKind::Relu:
            add(vector_task(layer, VectorOp::ActivationGrad, Stage::BP, in, 2, 1, 1));
            break;
        case LayerKind::Gelu:
            add(host(vector_task(layer, VectorOp::ActivationGrad, Stage::BP, in, 2, 1, 12)));
            break;
        case LayerKind::MaxPool:
        case LayerKind::AvgPool:
        case LayerKind::GlobalPool: {
            VectorTask pool = host(vector_task(layer, VectorOp::PoolGrad, Stage::BP, in, 0, 1, 1));
            // dY, and for the maximum the input to find it again.
            pool.extra_bytes = 2 * out;
            if (layer.kind == LayerKind::MaxPool) pool.reads_fp16 = 1;
            add(pool);
            break;
        }
        case LayerKind::Embedding:
            add(host(vector_task(layer, VectorOp::Embed, Stage::BP, out, 1, 1, 1)));
            break;
        case LayerKind::Attention: {
            const std::int64_t scores = context.batch * layer.heads * layer.in.width * layer.in.width;
            add(host(vector_task(layer, VectorOp::SoftmaxGrad, Stage::BP, scores, 2, 1, 4)));
            if (layer.bias) {
                add(by_channel(vector_task(layer, VectorOp::BiasGrad, Stage::BP, 4 * in, 1, 0, 1),
                               4 * layer.in.channels, 1));
            }
            break;
        }
        default:
            break;
    }
}

VectorTask transpose_task(const Layer& layer, Stage stage, const MatrixShape& shape) {
    VectorTask task = vector_task(layer, VectorOp::Transpose, stage, shape.elements(), 1, 1, 0);
    task.shape = shape;
    return task;
}

void append_optimizer(const StepContext& context, const Layer& layer, int index, std::vector<Task>& tasks) {
    const bool sgd = context.recipe.optimizer == Optimizer::Sgd;
    const auto update = [&](std::int64_t parameters) {
        VectorTask task = vector_task(layer, VectorOp::Optimizer, Stage::WU, parameters, 0, 0, sgd ? 6 : 12);
        task.optimizer = to_string(context.recipe.optimizer);
        task.reads_fp32 = sgd ? 3 : 4;  // gradient, master weight, momentum (Adam: two moments)
        task.writes_fp32 = sgd ? 2 : 3;
        return task;
    };
    const MatrixShape weights = weight_shape(layer);
    if (weights.rows > 0) {
        VectorTask task = update(weights.elements());
        task.shape = weights;
        task.pregenerate_ff = choose_pattern(context, layer, index, Stage::FF, weights.rows).nm;
        task.extra_bytes = packed_bytes(weights.elements(), *task.pregenerate_ff);
        if (index != context.first_gemm) {
            task.pregenerate_bp = context.recipe.method == Method::Sdgp
                                      ? NmPattern{8, 8}  // SDGP prunes the gradient, not the weight
                                      : choose_pattern(context, layer, index, Stage::BP, weights.columns).nm;
            task.extra_bytes += packed_bytes(weights.elements(), *task.pregenerate_bp);
        }
        tasks.emplace_back(std::move(task));
    }
    // Biases, scales, embeddings: no GEMM reads them.
    if (const std::int64_t others = layer.parameters() - weights.elements(); others > 0)
        tasks.emplace_back(update(others));
}

}  // namespace satsim
