// The optimizer's step, and the packed copies that it leaves for the GEMMs.
#include "runtime/workload/vector_parts.hpp"
#include "runtime/workload/weight_shape.hpp"

namespace satsim {
namespace {

// Bytes of one packed copy of `weights` values: N of M kept, FP16 value and 4-bit index each.
Bytes packed_bytes(std::int64_t weights, const NmPattern& nm) {
    const std::int64_t kept = ceil_div<std::int64_t>(weights * nm.n, nm.m);
    return kept * 2 + (nm.dense() ? 0 : ceil_div<std::int64_t>(kept, 2));
}

// The copy that BP reads. SDGP prunes the gradient, not the weight, and multiplies it with FF's copy.
std::optional<NmPattern> backward_copy(const StepContext& context, const Layer& user, int reader,
                                       std::int64_t columns) {
    const bool turned = context.recipe.method == Method::Sdgp;
    // Attention's output projection has the fewest channels of its products.
    if (turned && user.kind == LayerKind::Attention) columns = user.in.channels;
    const NmPattern nm = choose_pattern(context, user, reader, Stage::BP, columns).nm;
    if (turned && !nm.dense()) return std::nullopt;
    return nm;
}

}  // namespace

void append_optimizer(const StepContext& context, const Layer& layer, int index, std::vector<Task>& tasks) {
    if (layer.tied >= 0) return;  // its owner's
    const bool sgd = context.recipe.optimizer == Optimizer::Sgd;
    const auto update = [&](std::int64_t parameters) {
        VectorTask task = vector_task(layer, VectorOp::Optimizer, Stage::WU, parameters, 0, 0, sgd ? 6 : 12);
        task.optimizer = to_string(context.recipe.optimizer);
        task.reads_fp32 = sgd ? 3 : 4;  // gradient, master weight, momentum (Adam: two moments)
        task.writes_fp32 = sgd ? 2 : 3;
        return task;
    };
    const int reader = weight_reader(context.network, context.tied_reader, index);
    const Layer& user = reader == index ? layer : context.network.layers[static_cast<std::size_t>(reader)];
    const MatrixShape weights = weight_shape(user);
    if (weights.rows > 0) {
        VectorTask task = update(weights.elements());
        task.shape = weights;
        task.pregenerate_ff = choose_pattern(context, user, reader, Stage::FF, weights.rows).nm;
        task.extra_bytes = packed_bytes(weights.elements(), *task.pregenerate_ff);
        if (context.hands_down(reader)) {
            task.pregenerate_bp = backward_copy(context, user, reader, weights.columns);
            if (task.pregenerate_bp)
                task.extra_bytes += packed_bytes(weights.elements(), *task.pregenerate_bp);
        }
        tasks.emplace_back(std::move(task));
    }
    // Biases, scales, embeddings: no GEMM reads them.
    if (const std::int64_t others = layer.parameters() - weights.elements(); others > 0)
        tasks.emplace_back(update(others));
}

}  // namespace satsim
