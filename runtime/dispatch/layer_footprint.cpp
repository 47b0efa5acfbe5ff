#include "runtime/dispatch/layer_footprint.hpp"

#include <algorithm>
#include <stdexcept>

#include "runtime/workload/training_plan.hpp"

namespace satsim {
namespace {

constexpr Bytes kFp16Bytes = 2;
constexpr Bytes kFp32Bytes = 4;

// Values of two bytes and, where they are sparse, nibbles of an index.
Bytes packed(std::int64_t values, const NmPattern& nm) {
    const std::int64_t kept = ceil_div<std::int64_t>(values * nm.n, nm.m);
    return kept * kFp16Bytes + (nm.dense() ? 0 : ceil_div<std::int64_t>(kept, 2));
}

// Copies that are written once, before training: one for FF and one for a BP that does not read FF's. Returns
// the weights of FF's, which need no FP16 table beside them.
std::int64_t add_frozen_copy(const GemmTask& gemm, std::int64_t micro_batches, LayerFootprint& layer) {
    if (gemm.part.ends_with("again") || gemm.sparse_is_activation) return 0;
    const std::int64_t repeated = gemm.times / micro_batches;
    const std::int64_t values = repeated * gemm.count * gemm.shape.n * gemm.shape.k;
    (gemm.stage == Stage::FF ? layer.forward_copy : layer.backward_copy) += packed(values, gemm.nm);
    return gemm.stage == Stage::FF ? values : 0;
}

void add_updated_copies(const VectorTask& optimizer, LayerFootprint& layer) {
    const Bytes backward = backward_copy_bytes(optimizer);
    layer.backward_copy += optimizer.times * backward;
    layer.forward_copy += optimizer.times * (optimizer.extra_bytes - backward);
}

// Adds what the step's tasks say; returns by layer the frozen weights that GEMMs have copies of.
std::vector<std::int64_t> add_tasks(const Network& network, const TrainingStep& step,
                                    std::int64_t micro_batches, std::vector<LayerFootprint>& layers) {
    if (step.origins.size() != step.tasks.size())
        throw std::logic_error("a step whose tasks do not say where they come from");
    std::vector<std::int64_t> copied(layers.size(), 0);
    for (std::size_t i = 0; i < step.tasks.size(); ++i) {
        const auto index = static_cast<std::size_t>(step.origins[i].layer);
        if (const auto* gemm = std::get_if<GemmTask>(&step.tasks[i])) {
            if (gemm->sparse_is_activation) layers[index].backward_reads_forward_copy = true;
            const int tied = network.layers[index].tied;
            if (gemm->frozen)
                copied[tied >= 0 ? static_cast<std::size_t>(tied) : index] +=
                    add_frozen_copy(*gemm, micro_batches, layers[index]);
            if (gemm->stage == Stage::WU) {
                const Bytes bytes = kFp32Bytes * gemm->count * gemm->shape.m * gemm->shape.n;
                layers[index].largest_weight_gradient =
                    std::max(layers[index].largest_weight_gradient, bytes);
            }
        } else if (const auto& vector = std::get<VectorTask>(step.tasks[i]);
                   vector.op == VectorOp::Optimizer) {
            add_updated_copies(vector, layers[index]);
        }
    }
    return copied;
}

}  // namespace

Bytes backward_copy_bytes(const VectorTask& optimizer) {
    return optimizer.pregenerate_bp ? packed(optimizer.elements, *optimizer.pregenerate_bp) : 0;
}

std::vector<LayerFootprint> layer_footprints(const Network& network, const Recipe& recipe,
                                             const TrainingStep& step) {
    const std::vector<LayerPlan> plan = plan_training(network, recipe);
    const std::int64_t samples = step.batch / recipe.micro_batches;
    std::vector<LayerFootprint> layers(plan.size());
    const std::vector<std::int64_t> copied = add_tasks(network, step, recipe.micro_batches, layers);
    for (std::size_t i = 0; i < plan.size(); ++i) {
        const Layer& layer = network.layers[i];
        LayerFootprint& own = layers[i];
        if (plan[i].gradient) own.gradient = kFp16Bytes * layer.items * layer.out.elements() * samples;
        const std::int64_t parameters = layer.repeat * layer.parameters();
        if (plan[i].trained) {
            own.master = kFp32Bytes * parameters;
            own.optimizer_state = parameters * (recipe.optimizer == Optimizer::Sgd ? 4 : 8);
            own.weight_gradients = kFp32Bytes * parameters;
        } else {
            own.forward_copy += kFp16Bytes * std::max<std::int64_t>(0, parameters - copied[i]);
        }
    }
    return layers;
}

void FootprintSum::add(const LayerFootprint& layer) {
    sum_.gradients = std::max(sum_.gradients, 2 * layer.gradient);  // two of the largest at once
    sum_.masters += layer.master;
    sum_.copies += layer.forward_copy + layer.backward_copy;
    sum_.optimizer_state += layer.optimizer_state;
    sum_.weight_gradients += layer.weight_gradients;
    largest_weight_gradient_ = std::max(largest_weight_gradient_, layer.largest_weight_gradient);
}

void FootprintSum::add(const KeptActivation& tensor, bool made_here) {
    kept_.add(tensor);
    if (made_here) made_.add(tensor);
}

Footprint FootprintSum::footprint(std::int64_t micro_batches) const {
    Footprint sum = sum_;
    sum.activations = made_.bytes();
    sum.received = kept_.bytes() - sum.activations;
    if (micro_batches == 1) sum.weight_gradients = largest_weight_gradient_;
    return sum;
}

}  // namespace satsim
