#include "runtime/workload/training_step.hpp"

#include <algorithm>
#include <iterator>

#include "runtime/support/error.hpp"
#include "runtime/workload/gradient_sums.hpp"
#include "runtime/workload/layer_tasks.hpp"

namespace satsim {
namespace {

// SDGP: dY is pruned and packed, transposed, before the BP GEMMs read it, and they leave dX^T, which is
// transposed back. An index is a nibble, so rows of indices cannot be shifted by a column: a kernel of w
// columns reads w shifted copies (of one phase of a strided convolution: as many as the phase with the most
// taps in a row has).
void append_sparse_gradient(const StepContext& context, const Layer& layer, std::vector<Task> bp,
                            std::vector<Task>& tasks) {
    const auto sparse = std::find_if(bp.begin(), bp.end(), [](const Task& task) {
        const auto* gemm = std::get_if<GemmTask>(&task);
        return gemm != nullptr && gemm->sparse_is_activation;
    });
    const bool found = sparse != bp.end();
    if (found) {
        const NmPattern nm = std::get<GemmTask>(*sparse).nm;
        const std::int64_t copies =
            layer.kind == LayerKind::Conv ? ceil_div(layer.kernel.w, layer.stride.w) : 1;
        VectorTask task;
        task.layer = layer.name;
        task.op = VectorOp::Prune;
        task.stage = Stage::BP;
        task.shape = {copies, context.batch * layer.out.height * layer.out.width, layer.out.channels};
        if (layer.kind == LayerKind::Attention) task.shape.columns = 4 * layer.in.channels;  // dqkv and dout
        task.elements = task.shape.elements();
        task.reads_fp16 = 1;
        task.pregenerate_bp = nm;
        const std::int64_t kept = ceil_div<std::int64_t>(task.elements * nm.n, nm.m);
        task.extra_bytes = kept * 2 + ceil_div<std::int64_t>(kept, 2);
        tasks.emplace_back(std::move(task));
    }
    tasks.insert(tasks.end(), std::make_move_iterator(bp.begin()), std::make_move_iterator(bp.end()));
    if (found) {
        const std::int64_t outputs = layer.kind == LayerKind::Attention ? 2 : 1;
        tasks.emplace_back(
            transpose_task(layer, Stage::BP,
                           {outputs, layer.in.channels, context.batch * layer.in.height * layer.in.width}));
    }
}

}  // namespace

TrainingStep make_training_step(const Network& network, const Recipe& recipe,
                                std::optional<std::int64_t> batch) {
    for (const std::string& name : recipe.dense_layers) {
        const bool known = std::any_of(network.layers.begin(), network.layers.end(),
                                       [&](const Layer& layer) { return layer.name == name; });
        if (!known) {
            throw InputError("recipe " + recipe.name, "/dense_layers",
                             "names the layer \"" + name + "\", which " + network.name + " does not have");
        }
    }
    TrainingStep step;
    step.network = network.name;
    step.recipe = recipe.name;
    step.batch = batch.value_or(recipe.batch.value_or(network.batch));
    const std::vector<bool> shared = network.shared_by_samples();
    const GradientSums sums(network);
    StepContext context{network, recipe, step.batch, network.first_gemm(), network.hands_gradient_down(),
                        shared};
    const auto enter = [&](std::size_t i) { context.batch = shared[i] ? 1 : step.batch; };

    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        enter(i);
        append_gemm_ff(context, network.layers[i], static_cast<int>(i), step.tasks);
        append_vector_ff(context, network.layers[i], step.tasks);
    }
    for (std::size_t back = network.layers.size(); back-- > 0;) {
        const Layer& layer = network.layers[back];
        const int index = static_cast<int>(back);
        // Where nothing is trained, here or below, no gradient goes.
        if (layer.parameters() == 0 && !context.hands_down(index)) continue;
        enter(back);
        sums.append(context, index, step.tasks);
        append_vector_bp(context, layer, step.tasks);
        std::vector<Task> bp;
        append_gemm_bp(context, layer, index, bp);
        append_sparse_gradient(context, layer, std::move(bp), step.tasks);
        append_gemm_wu(context, layer, index, step.tasks);
        append_optimizer(context, layer, index, step.tasks);
    }
    return step;
}

}  // namespace satsim
