// Layers that work on the positions of a sample's streams: norms and rotations of tokens, gated activations,
// softmax within spans, and what takes positions apart and puts them together. SAT copies rows; the rest is
// the host's.
#include <algorithm>

#include "runtime/workload/attention_spans.hpp"
#include "runtime/workload/vector_parts.hpp"

namespace satsim {
namespace {

// Softmax or its gradient over what each query of each head sees: rows of different lengths, whose shape says
// the mean one.
VectorTask over_probabilities(const StepContext& context, const Layer& layer, VectorOp op, Stage stage,
                              int reads, int flops) {
    const std::int64_t pairs = seen_pairs(layer);
    const std::int64_t queries = std::max<std::int64_t>(covered_positions(layer), 1);
    const std::int64_t copies = context.batch * layer.heads;
    VectorTask task = host(vector_task(layer, op, stage, copies * pairs, reads, 1, flops));
    if (pairs > 0) task.shape = {1, copies * queries, (pairs + queries / 2) / queries};
    task.attention = attention_shapes(layer);
    for (AttentionShape& shape : task.attention) shape.sequences *= context.batch;
    return task;
}

int ways(const Layer& layer) {
    return static_cast<int>(layer.in.positions() / layer.out.positions());
}

VectorTask rotary(const StepContext& context, const Layer& layer, Stage stage) {
    return host(vector_task(layer, VectorOp::Rotary, stage, context.batch * layer.in.positions() * layer.size,
                            1, 1, 3));
}

// Rows of the streams that take others' places, there or back. Back, the gradient goes on to the first stream
// where it is, with zeros in these rows.
void append_splice(const StepContext& context, const Layer& layer, Stage stage, std::vector<Task>& tasks) {
    std::int64_t taken = 0;
    for (std::size_t i = 1; i < layer.inputs.size(); ++i) {
        const int from = layer.inputs[i];
        const std::int64_t rows =
            context.samples * context.network.items_of(from) * context.network.shape_of(from).positions();
        taken += rows;
        if (rows == 0 || (stage == Stage::BP && !context.wants_gradient(from))) continue;
        tasks.emplace_back(copy_task(layer, stage, rows * layer.in.channels, layer.in.channels));
    }
    if (stage == Stage::BP && taken > 0 && context.wants_gradient(layer.inputs[0]))
        tasks.emplace_back(vector_task(layer, VectorOp::ZeroFill, stage, taken * layer.in.channels, 0, 1, 0));
}

// Positions of no span: attention gives them zeros, and they give their queries, keys and values zeros.
void append_outside_spans(const StepContext& context, const Layer& layer, Stage stage,
                          std::vector<Task>& tasks) {
    const std::int64_t outside = layer.in.positions() - covered_positions(layer);
    const std::int64_t channels = stage == Stage::FF ? layer.out.channels
                                                     : layer.in.channels + layer.with.channels +
                                                           layer.out.channels / layer.heads * layer.kv_heads;
    if (outside > 0)
        tasks.emplace_back(
            vector_task(layer, VectorOp::ZeroFill, stage, context.batch * outside * channels, 0, 1, 0));
}

// The gradients of rows that several groups of positions took are added up where they came from.
VectorTask select_gradient(const Layer& layer, std::int64_t out) {
    if (layer.out.positions() <= layer.in.positions())
        return copy_task(layer, Stage::BP, out, layer.out.channels);
    return host(vector_task(layer, VectorOp::Embed, Stage::BP, out, 2, 1, 1));
}

}  // namespace

void append_sequence_ff(const StepContext& context, const Layer& layer, std::vector<Task>& tasks) {
    const std::int64_t in = context.batch * layer.in.elements();
    const std::int64_t out = context.batch * layer.out.elements();
    const auto add = [&](VectorTask task) { tasks.emplace_back(std::move(task)); };
    switch (layer.kind) {
        case LayerKind::RmsNorm:
            add(host(
                by_row(vector_task(layer, VectorOp::NormStatistics, Stage::FF, in, 1, 0, 2), layer.size)));
            add(host(by_row(vector_task(layer, VectorOp::NormApply, Stage::FF, in, 1, 1, 2), layer.size)));
            break;
        case LayerKind::Rope:
            add(rotary(context, layer, Stage::FF));
            break;
        case LayerKind::Glu:
            add(host(vector_task(layer, VectorOp::Activation, Stage::FF, out, 2, 1,
                                 find_element_function(layer.function)->flops + 1)));
            break;
        case LayerKind::Attend:
            add(over_probabilities(context, layer, VectorOp::Softmax, Stage::FF, 1, 5));
            append_outside_spans(context, layer, Stage::FF, tasks);
            break;
        case LayerKind::Select:
            add(copy_task(layer, Stage::FF, out, layer.out.channels));
            break;
        case LayerKind::Splice:
            append_splice(context, layer, Stage::FF, tasks);
            break;
        case LayerKind::Combine:
            add(host(vector_task(layer, VectorOp::Combine, Stage::FF, out, ways(layer), 1, 2 * ways(layer))));
            break;
        case LayerKind::Quantize: {
            const std::int64_t distances = context.batch * layer.in.positions() * layer.rows;
            VectorTask nearest = host(vector_task(layer, VectorOp::Nearest, Stage::FF, distances, 1, 0, 1));
            nearest.extra_bytes = 2 * kFp16Bytes * out;  // the chosen rows, read and written
            add(nearest);
            break;
        }
        default:
            break;
    }
}

void append_sequence_bp(const StepContext& context, const Layer& layer, std::vector<Task>& tasks) {
    const std::int64_t in = context.batch * layer.in.elements();
    const std::int64_t out = context.batch * layer.out.elements();
    const auto add = [&](VectorTask task) { tasks.emplace_back(std::move(task)); };
    switch (layer.kind) {
        case LayerKind::RmsNorm:
            add(host(by_row(vector_task(layer, VectorOp::NormGradStatistics, Stage::BP, in, 2, 0, 4),
                            layer.size)));
            add(host(
                by_row(vector_task(layer, VectorOp::NormGradApply, Stage::BP, in, 2, 1, 5), layer.size)));
            break;
        case LayerKind::Rope:
            add(rotary(context, layer, Stage::BP));
            break;
        case LayerKind::Glu:
            add(host(vector_task(layer, VectorOp::ActivationGrad, Stage::BP, out, 3, 2,
                                 find_element_function(layer.function)->gradient_flops + 3)));
            break;
        case LayerKind::Attend: {
            if (context.recipe.recompute == Recompute::Attention)
                add(over_probabilities(context, layer, VectorOp::Softmax, Stage::BP, 1, 5));
            add(over_probabilities(context, layer, VectorOp::SoftmaxGrad, Stage::BP, 2, 4));
            append_outside_spans(context, layer, Stage::BP, tasks);
            append_shared_sums(context, layer, tasks);
            break;
        }
        case LayerKind::Select:
            add(select_gradient(layer, out));
            break;
        case LayerKind::Splice:
            append_splice(context, layer, Stage::BP, tasks);
            break;
        case LayerKind::Combine:
            add(host(vector_task(layer, VectorOp::Combine, Stage::BP, out, 1 + ways(layer), ways(layer),
                                 3 * ways(layer))));
            break;
        case LayerKind::Quantize:
            // The gradient goes straight through; the codebook gets its rows' share.
            if (!context.trains) break;
            append_table_fill(layer, layer.parameters(), tasks);
            add(host(vector_task(layer, VectorOp::Embed, Stage::BP, out, 2, 1, 1)));
            break;
        default:
            break;
    }
}

}  // namespace satsim
