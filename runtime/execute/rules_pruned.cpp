// SDGP: what is handed down when dY is pruned. The sparse operand is B, so the GEMMs compute dX^T = W * dY^T:
// dY is pruned and packed transposed before them, and what they leave is transposed behind them.
#include <algorithm>

#include "runtime/execute/layer_run.hpp"
#include "runtime/execute/pruned_gradient.hpp"
#include "runtime/workload/phase_gather.hpp"

namespace satsim::execute {
namespace {

// The next pruning that the step has, of [copy or weight][position][channel].
PackedWeight pruned(LayerRun& run, const Values& dy) {
    const auto [task, engine] = run.tasks.vector(VectorOp::Prune, Stage::BP);
    PackedWeight copies;
    engine.vector({.task = task, .layer = run.layer, .maps = {dy}, .bp = &copies});
    return copies;
}

// The step reads dY once for each copy.
PackedWeight copies_for_taps(LayerRun& run) {
    Values dy;
    for (std::int64_t copy = 0; copy < packed_gradient_copies(run.layer); ++copy)
        dy.insert(dy.end(), run.values.gradient.begin(), run.values.gradient.end());
    return pruned(run, dy);
}

// A of a turned GEMM, [group][input channel][tap, output channel]: rows of FF's copy, which SDGP never
// prunes, so that they are addressed as they lie. BP's, if there is one, is the transposed one.
Values weight_rows(const PackedWeight& ff, const Gather& reads, int groups) {
    Values rows;
    rows.reserve(ff.dense.size());
    const std::int64_t taps = ff.taps / groups;
    for (std::int64_t z = 0; z < groups; ++z)
        for (std::int64_t channel = 0; channel < ff.k; ++channel)
            for (const Tap& tap : reads.taps) {
                const auto from = ff.dense.begin() + ((z * taps + tap.weight_tap) * ff.k + channel) * ff.n;
                rows.insert(rows.end(), from, from + ff.n);
            }
    return rows;
}

// Rows of dX as the phases have them, phase behind phase, to their pixels.
Values in_order(const Values& rows, const std::vector<StridePhase>& phases, const Layer& layer) {
    if (phases.size() == 1) return rows;
    Values dx(rows.size());
    const std::int64_t channels = layer.in.channels;
    auto from = rows.begin();
    for (const StridePhase& phase : phases) {
        const Gather& g = phase.reads;
        for (std::int64_t b = 0; b < g.batch; ++b)
            for (int y = 0; y < g.grid_h; ++y)
                for (int x = 0; x < g.grid_w; ++x, from += channels) {
                    const std::int64_t row = b * layer.in.height + y * layer.stride.h + phase.py;
                    const std::int64_t pixel = row * layer.in.width + x * layer.stride.w + phase.px;
                    std::copy(from, from + channels, dx.begin() + pixel * channels);
                }
    }
    return dx;
}

}  // namespace

Values multiplied_pruned(LayerRun& run, const Placed<GemmTask>& gemm, const Values& dy,
                         const PackedWeight& weight) {
    const Values turned = weighted(gemm, weight.dense, pruned(run, dy));
    return run.map(VectorOp::Transpose, Stage::BP, {&turned}, turned.size());
}

bool gradient_is_pruned(const LayerRun& run) {
    return run.tasks.has(VectorOp::Prune, Stage::BP);
}

// Phases without a tap are zeros, which the step writes before.
void hand_down_pruned(LayerRun& run) {
    const int groups = run.layer.groups;
    const std::vector<StridePhase> phases = phases_of(run.layer, run.batch());
    const PackedWeight copies = copies_for_taps(run);
    const auto pitch = static_cast<std::int64_t>(run.in_elements()) / run.layer.in.channels;
    Values turned(run.in_elements());  // dX^T: [channel][phase, position]
    if (std::ranges::any_of(phases, &StridePhase::empty)) turned = run.zeros(turned.size());
    std::int64_t first = 0;
    for (const StridePhase& phase : phases) {
        const std::int64_t column = first;
        first += phase.reads.positions();
        if (phase.empty()) continue;
        const auto [task, engine] = run.tasks.gemm(Stage::BP, phase.part);
        const Values a = weight_rows(run.weight(Stage::FF), phase.reads, groups);
        const PackedWeight b = shifted_copies(copies, phase.reads, groups);
        engine.gemm({.task = task,
                     .a = {a.data(), task.shape.m * task.shape.k, 0, 0, task.shape.k},
                     .weight = &b,
                     .map = {turned.data() + column, task.shape.m * pitch, 0, 0, pitch}});
    }
    const Values rows = run.map(VectorOp::Transpose, Stage::BP, {&turned}, turned.size());
    run.deliver(0, in_order(rows, phases, run.layer));
}

}  // namespace satsim::execute
