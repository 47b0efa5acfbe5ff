#include "runtime/dispatch/pregeneration.hpp"

#include <set>
#include <tuple>

namespace satsim {
namespace {

// Parts of one layer's stage (phases of a strided BP) read the same packed weights: prune once. Only the taps
// of each part are its own, so the elements of all parts add up to the whole weight.
VectorTask prune_before(const GemmTask& gemm) {
    VectorTask prune;
    prune.layer = gemm.layer;
    prune.op = VectorOp::Prune;
    prune.stage = gemm.stage;
    const auto taps = static_cast<std::int64_t>(gemm.gather.taps.size());
    const std::int64_t grouped = gemm.shape.k / taps;  // channels that the groups run over
    prune.shape = gemm.stage == Stage::FF ? MatrixShape{gemm.count * taps, grouped, gemm.shape.n}
                                          : MatrixShape{gemm.count * taps, gemm.shape.n, grouped};
    prune.elements = prune.shape.elements();
    prune.reads_fp16 = 1;
    prune.flops_per_element = 1;
    prune.times = gemm.times;
    // N values of two bytes and N nibbles for every M elements.
    prune.extra_bytes = prune.elements * gemm.nm.n * 5 / (gemm.nm.m * 2);
    (gemm.stage == Stage::FF ? prune.pregenerate_ff : prune.pregenerate_bp) = gemm.nm;
    return prune;
}

// The FP16 copy that prunes and dense FFs read, and the transposed one that dense BPs read: the array takes
// its operand in one order alone, so a dense BP needs its copy with or without pre-generation.
void keep_dense_copies(VectorTask& optimizer) {
    if (!optimizer.pregenerate_ff) return;  // no GEMM reads these weights
    optimizer.pregenerate_ff = NmPattern{8, 8};
    if (optimizer.pregenerate_bp && !optimizer.pregenerate_bp->dense()) optimizer.pregenerate_bp.reset();
    optimizer.extra_bytes = (optimizer.pregenerate_bp ? 2 : 1) * 2 * optimizer.elements;
}

}  // namespace

TrainingStep without_pregeneration(const TrainingStep& step) {
    TrainingStep result = step;
    result.tasks.clear();
    result.origins.clear();
    for (std::size_t i = 0; i < step.tasks.size(); ++i) {
        Task task = step.tasks[i];
        if (auto* vector = std::get_if<VectorTask>(&task);
            vector != nullptr && vector->op == VectorOp::Optimizer)
            keep_dense_copies(*vector);
        if (const auto* gemm = std::get_if<GemmTask>(&task); gemm != nullptr && gemm->weight_operand &&
                                                             !gemm->sparse_is_activation && !gemm->frozen &&
                                                             !gemm->nm.dense() && gemm->stage != Stage::WU)
            result.tasks.emplace_back(prune_before(*gemm));
        result.tasks.push_back(std::move(task));
        if (i < step.origins.size()) result.origins.resize(result.tasks.size(), step.origins[i]);
    }
    return result;
}

}  // namespace satsim
