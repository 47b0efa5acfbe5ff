// Layers that combine, move or resample tensors, and functions of single elements. Slices and other extents
// of the same memory are read in place; gradients of slices and concatenations likewise.
#include <algorithm>

#include "runtime/workload/operands.hpp"
#include "runtime/workload/vector_parts.hpp"

namespace satsim {
namespace {

bool same_size(const StepContext& context, const Layer& layer) {
    return second_operand(layer, context.shared) == SecondOperand::SameSize;
}

bool by_trained_vector(const StepContext& context, const Layer& layer) {
    return second_operand(layer, context.shared) == SecondOperand::TrainedVector;
}

// An operation on a tensor and a smaller one that is spread over it.
VectorTask spread(const StepContext& context, const Layer& layer, VectorTask task) {
    const std::int64_t samples = sums_over_samples(layer, 1, context.shared) ? 1 : context.batch;
    task.extra_bytes = kFp16Bytes * layer.with.elements() * samples;
    return host(task);
}

VectorTask move(const StepContext& context, const Layer& layer, Stage stage) {
    const TensorShape& from = stage == Stage::FF ? layer.in : layer.out;
    const std::int64_t elements = context.batch * from.elements();
    if (!layer.transposed) return copy_task(layer, stage, elements, from.channels);
    VectorTask task = transpose_task(layer, stage, {1, elements / from.channels, from.channels});
    task.operand_order = false;  // the layer asks for the other order in memory
    return task;
}

}  // namespace

void append_shared_sums(const StepContext& context, const Layer& layer, std::vector<Task>& tasks) {
    for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
        if (!sums_over_samples(layer, i, context.shared)) continue;
        const std::int64_t elements = context.network.shape_of(layer.inputs[i]).elements();
        tasks.emplace_back(
            host(vector_task(layer, VectorOp::BiasGrad, Stage::BP, context.batch * elements, 1, 0, 1)));
    }
}

void append_element_ff(const StepContext& context, const Layer& layer, std::vector<Task>& tasks) {
    const std::int64_t in = context.batch * layer.in.elements();
    const std::int64_t out = context.batch * layer.out.elements();
    const auto add = [&](VectorTask task) { tasks.emplace_back(std::move(task)); };
    switch (layer.kind) {
        case LayerKind::Activation:
            add(host(vector_task(layer, VectorOp::Activation, Stage::FF, in, 1, 1,
                                 find_element_function(layer.function)->flops)));
            break;
        case LayerKind::Softmax:
            add(host(
                by_row(vector_task(layer, VectorOp::Softmax, Stage::FF, in, 1, 1, 5), layer.in.channels)));
            break;
        case LayerKind::Add:
            if (same_size(context, layer))
                add(clipped_as_asked(layer, vector_task(layer, VectorOp::Add, Stage::FF, out, 2, 1, 1)));
            else if (by_trained_vector(context, layer))
                add(by_channel(vector_task(layer, VectorOp::Bias, Stage::FF, out, 1, 1, 1),
                               layer.out.channels, 1));
            else
                add(spread(context, layer, vector_task(layer, VectorOp::Add, Stage::FF, out, 1, 1, 1)));
            break;
        case LayerKind::Mul:
            if (same_size(context, layer))
                add(host(vector_task(layer, VectorOp::Multiply, Stage::FF, out, 2, 1, 1)));
            else if (by_trained_vector(context, layer))
                add(by_channel(vector_task(layer, VectorOp::NormApply, Stage::FF, out, 1, 1, 2),
                               layer.out.channels, 4));
            else
                add(spread(context, layer, vector_task(layer, VectorOp::Multiply, Stage::FF, out, 1, 1, 1)));
            break;
        case LayerKind::Concat:
        case LayerKind::Pad:
            add(copy_task(layer, Stage::FF, out, layer.out.channels));
            break;
        case LayerKind::Permute:
            add(move(context, layer, Stage::FF));
            break;
        case LayerKind::Resize: {
            VectorTask task = host(vector_task(layer, VectorOp::Resize, Stage::FF, out, 0, 1, 8));
            task.extra_bytes = kFp16Bytes * in;
            add(task);
            break;
        }
        case LayerKind::Parameter:
            // The table is gathered first.
            if (read_by_index(layer)) add(host(vector_task(layer, VectorOp::Embed, Stage::FF, out, 1, 1, 0)));
            break;
        case LayerKind::Lookup:
            add(host(vector_task(layer, VectorOp::Embed, Stage::FF, out, 1, 1, 0)));
            break;
        default:
            append_sequence_ff(context, layer, tasks);
            break;
    }
}

namespace {

void append_add_bp(const StepContext& context, const Layer& layer, std::int64_t out,
                   std::vector<Task>& tasks) {
    // The gradient of an operand of equal size is the sum's own. A smaller one's is a sum over all that it
    // was spread over, the samples included.
    if (same_size(context, layer)) return;
    VectorTask sum = vector_task(layer, VectorOp::BiasGrad, Stage::BP, out, 1, 0, 1);
    tasks.emplace_back(by_trained_vector(context, layer) ? by_channel(sum, layer.out.channels, 1)
                                                         : spread(context, layer, sum));
}

void append_mul_bp(const StepContext& context, const Layer& layer, std::int64_t out,
                   std::vector<Task>& tasks) {
    if (by_trained_vector(context, layer)) {
        tasks.emplace_back(
            by_channel(vector_task(layer, VectorOp::NormGradStatistics, Stage::BP, out, 2, 0, 4),
                       layer.out.channels, 4));
        tasks.emplace_back(by_channel(vector_task(layer, VectorOp::NormApply, Stage::BP, out, 1, 1, 2),
                                      layer.out.channels, 4));
    } else if (same_size(context, layer)) {
        tasks.emplace_back(host(vector_task(layer, VectorOp::Multiply, Stage::BP, out, 3, 2, 2)));
    } else {
        tasks.emplace_back(
            spread(context, layer, vector_task(layer, VectorOp::Multiply, Stage::BP, out, 2, 1, 3)));
    }
}

}  // namespace

void append_element_bp(const StepContext& context, const Layer& layer, std::vector<Task>& tasks) {
    const std::int64_t in = context.batch * layer.in.elements();
    const std::int64_t out = context.batch * layer.out.elements();
    const auto add = [&](VectorTask task) { tasks.emplace_back(std::move(task)); };
    switch (layer.kind) {
        case LayerKind::Activation:
            add(host(vector_task(layer, VectorOp::ActivationGrad, Stage::BP, in, 2, 1,
                                 find_element_function(layer.function)->gradient_flops)));
            break;
        case LayerKind::Softmax:
            add(host(by_row(vector_task(layer, VectorOp::SoftmaxGrad, Stage::BP, in, 2, 1, 4),
                            layer.in.channels)));
            break;
        case LayerKind::Add:
            append_add_bp(context, layer, out, tasks);
            break;
        case LayerKind::Mul:
            append_mul_bp(context, layer, out, tasks);
            break;
        case LayerKind::Concat:
        case LayerKind::MatMul:
            append_shared_sums(context, layer, tasks);
            break;
        case LayerKind::Permute:
            add(move(context, layer, Stage::BP));
            break;
        case LayerKind::Resize: {
            VectorTask task = host(vector_task(layer, VectorOp::Resize, Stage::BP, in, 0, 1, 8));
            task.extra_bytes = kFp16Bytes * out;
            add(task);
            break;
        }
        case LayerKind::Parameter:
            if (context.trains && read_by_index(layer)) {
                append_table_fill(layer, layer.trained, tasks);
                add(host(vector_task(layer, VectorOp::Embed, Stage::BP, out, 1, 1, 1)));
            }
            break;
        case LayerKind::Lookup:
            if (!context.trains) break;
            append_table_fill(layer, layer.parameters(), tasks);
            add(host(vector_task(layer, VectorOp::Embed, Stage::BP, out, 1, 1, 1)));
            break;
        default:
            append_sequence_bp(context, layer, tasks);
            break;
    }
}

}  // namespace satsim
