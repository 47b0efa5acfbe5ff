// Biases of convolutions and linear layers, and their gradients.
#include "runtime/execute/layer_run.hpp"
#include "runtime/execute/weight_sets.hpp"

namespace satsim::execute {
namespace {

// Several weights have a bias each: the step's task for all of them is run in parts. visit(part, its
// positions, the first of its channels among all biases).
template <typename Visit>
void for_biases(const LayerRun& run, const VectorTask& task, Visit visit) {
    const std::int64_t channels = run.layer.out.channels;
    for (std::int64_t weight = 0; weight < std::ssize(run.layer.sets); ++weight) {
        const Positions positions = positions_of(run.layer, run.batch(), std::span(&weight, 1));
        if (!positions.empty())
            visit(part_of(task, std::ssize(positions), channels), positions,
                  static_cast<std::size_t>(weight * channels));
    }
}

void add_biases(LayerRun& run) {
    const auto [task, engine] = run.tasks.vector(VectorOp::Bias, Stage::FF);
    const auto channels = static_cast<std::size_t>(run.layer.out.channels);
    Engine& on = engine;  // clang 14 captures no structured binding
    for_biases(run, task, [&](const VectorTask& part, const Positions& positions, std::size_t first) {
        const Values x = taken_at(positions, channels, run.values.out);
        Values y(x.size());
        on.vector({.task = part,
                   .layer = run.layer,
                   .maps = {x},
                   .vectors = {std::span(run.weights.others.master).subspan(first, channels)},
                   .results = {y}});
        put_at(positions, channels, y, run.values.out);
    });
}

void take_bias_gradients(LayerRun& run) {
    const auto [task, engine] = run.tasks.vector(VectorOp::BiasGrad, Stage::BP);
    const auto channels = static_cast<std::size_t>(run.layer.out.channels);
    Values& gradient = run.weights.others.gradient;
    gradient.assign(run.weights.others.size(), 0.0);
    Engine& on = engine;  // clang 14 captures no structured binding
    for_biases(run, task, [&](const VectorTask& part, const Positions& positions, std::size_t first) {
        const Values dy = taken_at(positions, channels, run.values.gradient);
        on.vector({.task = part,
                   .layer = run.layer,
                   .maps = {dy},
                   .sums = {std::span(gradient).subspan(first, channels)}});
    });
}

}  // namespace

void add_bias(LayerRun& run) {
    if (!run.layer.bias) return;
    if (!run.layer.sets.empty()) return add_biases(run);
    run.values.out = run.map(VectorOp::Bias, Stage::FF, {&run.values.out}, run.values.out.size(),
                             {&run.weights.others.master});
}

void take_bias_gradient(LayerRun& run) {
    if (!run.layer.bias || !run.trained()) return;
    if (!run.layer.sets.empty()) return take_bias_gradients(run);
    run.weights.others.gradient =
        run.sums(VectorOp::BiasGrad, run.values.gradient, run.weights.others.size());
}

}  // namespace satsim::execute
