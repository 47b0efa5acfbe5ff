#include "runtime/workload/training_step.hpp"

#include <algorithm>
#include <iterator>

#include "runtime/support/error.hpp"
#include "runtime/workload/layer_tasks.hpp"

namespace satsim {
namespace {

// How many layers read each layer's output: beyond the first, every reader's gradient is added.
std::vector<int> readers(const Network& network) {
    std::vector<int> count(network.layers.size(), 0);
    for (const Layer& layer : network.layers) {
        for (const int input : layer.inputs) {
            if (input >= 0) ++count[static_cast<std::size_t>(input)];
        }
    }
    return count;
}

void append_gradient_sums(const StepContext& context, const Layer& layer, int count,
                          std::vector<Task>& tasks) {
    for (int extra = 1; extra < count; ++extra) {
        VectorTask task;
        task.layer = layer.name;
        task.op = VectorOp::Add;
        task.stage = Stage::BP;
        task.elements = context.batch * layer.out.elements();
        task.reads_fp16 = 2;
        task.writes_fp16 = 1;
        tasks.emplace_back(std::move(task));
    }
}

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
        const std::int64_t copies = layer.kind == LayerKind::Conv ? ceil_div(layer.kernel, layer.stride) : 1;
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
    const StepContext context{network, recipe, step.batch, network.first_gemm()};
    const std::vector<int> read_by = readers(network);

    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        append_gemm_ff(context, network.layers[i], static_cast<int>(i), step.tasks);
        append_vector_ff(context, network.layers[i], step.tasks);
    }
    for (std::size_t back = network.layers.size(); back-- > 0;) {
        const Layer& layer = network.layers[back];
        const int index = static_cast<int>(back);
        append_gradient_sums(context, layer, read_by[back], step.tasks);
        // Below the first GEMM nothing is trained, so no gradient goes further down.
        if (index < context.first_gemm) continue;
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
