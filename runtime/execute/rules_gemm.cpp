// Convolutions and the codebook: where their GEMMs find A, B and C.
#include <algorithm>

#include "runtime/execute/layer_run.hpp"
#include "runtime/workload/phase_gather.hpp"

namespace satsim::execute {
namespace {

// A whole map, whose instances are groups of its channels.
template <typename T>
MapView<T> map_of(T* data, const TensorShape& shape, int groups) {
    return {data, shape.channels / groups, shape.elements(), shape.width * shape.channels, shape.channels};
}

// From the large map of a convolution to the small one: FF of a convolution, BP of a transposed one.
void reduce_windows(LayerRun& run, Stage stage, const Values& from, const TensorShape& large, Values& to,
                    const TensorShape& small) {
    const auto [task, engine] = run.tasks.gemm(stage, "");
    const int groups = run.layer.groups;
    engine.gemm({.task = task,
                 .a = map_of(from.data(), large, groups),
                 .weight = &run.weight(stage),
                 .map = map_of(to.data(), small, groups)});
}

// The other way, phase by phase. Where phases have no tap, the step clears the map before.
void spread_windows(LayerRun& run, Stage stage, const Values& from, const TensorShape& small, Values& to,
                    const TensorShape& large) {
    const Layer& l = run.layer;
    const std::vector<StridePhase> phases =
        phases_of(l.kind == LayerKind::ConvTranspose ? mirror_of(l) : l, run.batch());
    if (std::ranges::any_of(phases, &StridePhase::empty)) to = run.zeros(to.size(), stage);
    for (const StridePhase& phase : phases) {
        if (phase.empty()) continue;
        const auto [task, engine] = run.tasks.gemm(stage, phase.part);
        engine.gemm({.task = task,
                     .a = map_of(from.data(), small, l.groups),
                     .weight = &run.weight(stage),
                     .map = map_of(to.data(), large, l.groups)});
    }
}

// dW: the large map gathered, against the small one.
void update_windows(LayerRun& run, const Values& from, const TensorShape& large, const Values& with,
                    const TensorShape& small) {
    const auto [task, engine] = run.tasks.gemm(Stage::WU, "");
    const int groups = run.layer.groups;
    Values& gradient = run.weights.matrix.gradient;
    gradient.assign(run.weights.matrix.size(), 0.0);
    engine.gemm({.task = task,
                 .a = map_of(from.data(), large, groups),
                 .b = {with.data(), small.channels / groups, small.channels},
                 .rows = {gradient.data(), task.shape.m * task.shape.n, task.shape.n}});
}

}  // namespace

void transpose_each(Values& values, const MatrixShape& to) {
    const Values from = values;
    std::size_t at = 0;
    for (std::int64_t tap = 0; tap < to.taps; ++tap)
        for (std::int64_t column = 0; column < to.columns; ++column)
            for (std::int64_t row = 0; row < to.rows; ++row)
                values[static_cast<std::size_t>((tap * to.rows + row) * to.columns + column)] = from[at++];
}

void forward_convolution(LayerRun& run) {
    const Layer& l = run.layer;
    run.values.out.assign(run.out_elements(), 0.0);
    if (l.kind == LayerKind::Conv)
        reduce_windows(run, Stage::FF, run.in(), l.in, run.values.out, l.out);
    else
        spread_windows(run, Stage::FF, run.in(), l.in, run.values.out, l.out);
    add_bias(run);
}

void backward_convolution(LayerRun& run) {
    const Layer& l = run.layer;
    const bool transposed = l.kind == LayerKind::ConvTranspose;
    take_bias_gradient(run);
    if (run.wants() && gradient_is_pruned(run)) {
        hand_down_pruned(run);
    } else if (run.wants()) {
        Values gradient(run.in_elements());
        if (transposed)
            reduce_windows(run, Stage::BP, run.values.gradient, l.out, gradient, l.in);
        else
            spread_windows(run, Stage::BP, run.values.gradient, l.out, gradient, l.in);
        run.deliver(0, std::move(gradient));
    }
    if (!run.trained()) return;
    if (!transposed) return update_windows(run, run.in(), l.in, run.values.gradient, l.out);
    // The task's dW lies as [tap][output channel][input channel]: its mirror's.
    update_windows(run, run.values.gradient, l.out, run.in(), l.in);
    transpose_each(run.weights.matrix.gradient, run.weights.shape);
}

// Distances by the products with the codebook; each sample's by itself, as the step has them.
void forward_quantize(LayerRun& run) {
    const Layer& l = run.layer;
    const std::int64_t positions = l.in.positions();
    const Values& table = run.weights.others.master;
    Values turned(table.size());  // [channel][row]: B
    for (std::int64_t r = 0; r < l.rows; ++r)
        for (std::int64_t c = 0; c < l.in.channels; ++c)
            turned[static_cast<std::size_t>(c * l.rows + r)] =
                run.run.store.map_value(table[static_cast<std::size_t>(r * l.in.channels + c)]);
    Values products(static_cast<std::size_t>(run.batch() * positions * l.rows));
    const auto [gemm, gemm_engine] = run.tasks.gemm(Stage::FF, "distances");
    gemm_engine.gemm({.task = gemm,
                      .a = {run.in().data(), l.in.elements(), 0, 0, l.in.channels},
                      .b = {turned.data(), 0, l.rows},
                      .map = {products.data(), positions * l.rows, 0, 0, l.rows}});
    const auto [task, engine] = run.tasks.vector(VectorOp::Nearest, Stage::FF);
    run.values.out.assign(run.out_elements(), 0.0);
    Values& chosen = run.values.kept["chosen"];
    chosen.assign(static_cast<std::size_t>(run.batch() * positions), 0.0);
    engine.vector({.task = task,
                   .layer = l,
                   .maps = {products},
                   .vectors = {table},
                   .results = {run.values.out, chosen}});
}

// The gradient goes straight through; each codebook row gets that of the positions that chose it.
void backward_quantize(LayerRun& run) {
    if (run.trained()) {
        const Values& chosen = run.values.kept["chosen"];
        const std::vector<std::int64_t> rows(chosen.begin(), chosen.end());
        run.weights.others.gradient =
            run.table_gradient(run.values.gradient, run.weights.others.size(), rows, run.layer.in.channels);
    }
    run.deliver(0, run.values.gradient);
}

}  // namespace satsim::execute
