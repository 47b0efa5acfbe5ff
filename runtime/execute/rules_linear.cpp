// Linear layers: every position times a weight, which of several it is its place says.
#include "runtime/execute/layer_run.hpp"
#include "runtime/execute/weight_sets.hpp"
#include "runtime/workload/weight_shape.hpp"

namespace satsim::execute {
namespace {

// Every position times its weight: to FF's or BP's other channels.
Values multiply_positions(LayerRun& run, Stage stage, const Values& from, std::int64_t channels,
                          std::int64_t to_channels) {
    const Layer& l = run.layer;
    Values to(from.size() / static_cast<std::size_t>(channels) * static_cast<std::size_t>(to_channels));
    for (const WeightShare& share : weight_shares(l)) {
        const auto gemm = run.tasks.gemm(stage, "");
        const bool pruned = gemm.task.sparse_is_activation;
        const PackedWeight& copy = run.weight(pruned ? Stage::FF : stage);
        const auto multiplied = [&](const Values& rows, const PackedWeight& weight) {
            return pruned ? multiplied_pruned(run, gemm, rows, weight) : weighted(gemm, rows, weight);
        };
        if (l.sets.empty()) return multiplied(from, copy);
        const Positions positions = positions_of(l, run.batch(), share.weights);
        put_at(positions, static_cast<std::size_t>(to_channels),
               multiplied(taken_at(positions, static_cast<std::size_t>(channels), from),
                          taps_of(copy, share.weights)),
               to);
    }
    return to;
}

}  // namespace

void forward_linear(LayerRun& run) {
    const Layer& l = run.layer;
    run.values.out = multiply_positions(run, Stage::FF, run.in(), l.in.channels, l.out.channels);
    add_bias(run);
}

void backward_linear(LayerRun& run) {
    const Layer& l = run.layer;
    const Values& dy = run.values.gradient;
    take_bias_gradient(run);
    if (run.wants()) run.deliver(0, multiply_positions(run, Stage::BP, dy, l.out.channels, l.in.channels));
    if (!run.trained()) return;
    Values& gradient = run.weights.matrix.gradient;
    gradient.assign(static_cast<std::size_t>(run.weights.shape.elements()), 0.0);
    const auto matrix = static_cast<std::size_t>(l.in.channels * l.out.channels);
    for (const WeightShare& share : weight_shares(l)) {
        const Positions positions = positions_of(l, run.batch(), share.weights);
        const auto rows = [&](const Values& map, std::int64_t channels) {
            return taken_at(positions, static_cast<std::size_t>(channels), map);
        };
        put_at(share.weights, matrix,
               run.turned_product(Stage::WU, "", rows(run.in(), l.in.channels), rows(dy, l.out.channels)),
               gradient);
    }
}

}  // namespace satsim::execute
