// Norms, activations, pooling, biases, attention's softmax and the loss. What combines or moves tensors is in
// element_tasks.cpp, the optimizer in optimizer_tasks.cpp.
#include <algorithm>

#include "runtime/workload/vector_parts.hpp"
#include "runtime/workload/weight_shape.hpp"

namespace satsim {
namespace {

bool has_bias_vector(const Layer& layer) {
    return layer.bias && (layer.kind == LayerKind::Conv || layer.kind == LayerKind::ConvTranspose ||
                          layer.kind == LayerKind::Linear);
}

// Elements that are normalised together: a position's channels, or a group of channels of a sample.
std::int64_t norm_row(const Layer& layer) {
    return layer.kind == LayerKind::GroupNorm ? layer.in.elements() / layer.groups : layer.in.channels;
}

// Softmax of attention, or its gradient: all heads' rows.
VectorTask over_scores(const StepContext& context, const Layer& layer, VectorOp op, Stage stage, int reads,
                       int flops) {
    const std::int64_t positions = layer.in.width;
    const std::int64_t size = layer.in.channels / layer.heads;
    VectorTask task = host(by_row(
        vector_task(layer, op, stage, context.batch * layer.heads * positions * positions, reads, 1, flops),
        positions));
    task.attention = {{context.batch, layer.heads, layer.heads, positions, positions, size, size, false, 0}};
    return task;
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
            add(clipped_as_asked(layer,
                                 by_channel(vector_task(layer, VectorOp::NormApply, Stage::FF, in, 1, 1, 2),
                                            layer.in.channels, 4)));
            break;
        case LayerKind::LayerNorm:
        case LayerKind::GroupNorm:
            add(host(by_row(vector_task(layer, VectorOp::NormStatistics, Stage::FF, in, 1, 0, 3),
                            norm_row(layer))));
            add(host(
                by_row(vector_task(layer, VectorOp::NormApply, Stage::FF, in, 1, 1, 4), norm_row(layer))));
            break;
        case LayerKind::Relu:
            if (!layer.fused) add(vector_task(layer, VectorOp::Activation, Stage::FF, in, 1, 1, 1));
            break;
        case LayerKind::Gelu:
            add(host(vector_task(layer, VectorOp::Activation, Stage::FF, in, 1, 1, 8)));
            break;
        case LayerKind::MaxPool:
        case LayerKind::AvgPool:
        case LayerKind::Reduce:
        case LayerKind::GlobalPool: {
            const auto window =
                static_cast<int>(std::max<std::int64_t>(1, in / std::max<std::int64_t>(out, 1)));
            VectorTask pool = host(vector_task(
                layer, VectorOp::Pool, Stage::FF, out, 0, 1,
                layer.kind != LayerKind::MaxPool && layer.kind != LayerKind::AvgPool ? window
                                                                                     : layer.kernel.area()));
            pool.extra_bytes = 2 * in;
            add(pool);
            break;
        }
        case LayerKind::Embedding:
            add(host(vector_task(layer, VectorOp::Embed, Stage::FF, out, 2, 1, 1)));
            break;
        case LayerKind::Attention: {
            add(over_scores(context, layer, VectorOp::Softmax, Stage::FF, 1, 5));
            if (layer.bias) {
                add(by_channel(vector_task(layer, VectorOp::Bias, Stage::FF, 4 * in, 1, 1, 1),
                               4 * layer.in.channels, 1));
            }
            break;
        }
        case LayerKind::Loss:
            add(host(by_row(vector_task(layer, VectorOp::Loss, Stage::FF, in, 1, 1, 8), layer.in.channels)));
            break;
        default:
            append_element_ff(context, layer, tasks);
            break;
    }
    if (has_bias_vector(layer)) {
        add(clipped_as_asked(layer, by_channel(vector_task(layer, VectorOp::Bias, Stage::FF, out, 1, 1, 1),
                                               layer.out.channels, 1)));
    }
}

void append_vector_bp(const StepContext& context, const Layer& layer, std::vector<Task>& tasks) {
    const std::int64_t in = context.batch * layer.in.elements();
    const std::int64_t out = context.batch * layer.out.elements();
    const auto add = [&](VectorTask task) { tasks.emplace_back(std::move(task)); };
    if (has_bias_vector(layer) && context.trains) {
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
        case LayerKind::GroupNorm:
            add(host(by_row(vector_task(layer, VectorOp::NormGradStatistics, Stage::BP, in, 2, 0, 6),
                            norm_row(layer))));
            add(host(by_row(vector_task(layer, VectorOp::NormGradApply, Stage::BP, in, 2, 1, 6),
                            norm_row(layer))));
            break;
        case LayerKind::Relu:
            add(vector_task(layer, VectorOp::ActivationGrad, Stage::BP, in, 2, 1, 1));
            break;
        case LayerKind::Gelu:
            add(host(vector_task(layer, VectorOp::ActivationGrad, Stage::BP, in, 2, 1, 12)));
            break;
        case LayerKind::MaxPool:
        case LayerKind::AvgPool:
        case LayerKind::Reduce:
        case LayerKind::GlobalPool: {
            VectorTask pool = host(vector_task(layer, VectorOp::PoolGrad, Stage::BP, in, 0, 1, 1));
            // dY, and for the maximum the input to find it again.
            pool.extra_bytes = 2 * out;
            if (layer.kind == LayerKind::MaxPool || layer.kind == LayerKind::Reduce) pool.reads_fp16 = 1;
            add(pool);
            break;
        }
        case LayerKind::Embedding:
            if (!context.trains) break;
            // Every sample has all positions; a longer table's other rows no sample reaches.
            append_table_fill(layer, layer.parameters() - embedding_reach(layer), tasks);
            add(host(vector_task(layer, VectorOp::Embed, Stage::BP, out, 1, 1, 1)));
            break;
        case LayerKind::Attention: {
            add(over_scores(context, layer, VectorOp::SoftmaxGrad, Stage::BP, 2, 4));
            if (layer.bias && context.trains) {
                add(by_channel(vector_task(layer, VectorOp::BiasGrad, Stage::BP, 4 * in, 1, 0, 1),
                               4 * layer.in.channels, 1));
            }
            break;
        }
        default:
            append_element_bp(context, layer, tasks);
            break;
    }
}

VectorTask transpose_task(const Layer& layer, Stage stage, const MatrixShape& shape) {
    VectorTask task = vector_task(layer, VectorOp::Transpose, stage, shape.elements(), 1, 1, 0);
    task.shape = shape;
    task.operand_order = true;
    return task;
}

}  // namespace satsim
