#include "runtime/execute/step_run.hpp"

namespace satsim::execute {
namespace {

// Scale and shift of `size` parameters; ones and zeros where they are not trained.
struct Affine {
    Affine(const LayerRun& run, std::size_t size) : scale(size, 1.0), shift(size, 0.0) {
        const Values& values = run.weights.others.master;
        if (values.size() >= size)
            scale.assign(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(size));
        if (values.size() == 2 * size)
            shift.assign(values.begin() + static_cast<std::ptrdiff_t>(size), values.end());
    }
    Values scale;
    Values shift;
};

void keep_gradients(LayerRun& run, const Values& scale, const Values& shift) {
    if (!run.trained()) return;
    Values& gradient = run.weights.others.gradient;
    gradient = scale;
    if (run.weights.others.size() > scale.size()) gradient.insert(gradient.end(), shift.begin(), shift.end());
}

std::size_t parameters_of(const Layer& layer) {
    return static_cast<std::size_t>(layer.kind == LayerKind::RmsNorm ? layer.size : layer.in.channels);
}

std::size_t rows_of(const LayerRun& run) {
    const Layer& l = run.layer;
    if (l.kind == LayerKind::GroupNorm) return static_cast<std::size_t>(run.batch() * l.groups);
    return run.in_elements() / parameters_of(l);
}

}  // namespace

void forward_channel_norm(LayerRun& run) {
    const auto channels = static_cast<std::size_t>(run.layer.in.channels);
    const Affine affine(run, channels);
    auto& kept = run.values.kept;
    Values mean(channels);
    for (const char* name : {"inverse", "scale", "shift", "offset"}) kept[name].assign(channels, 0.0);
    const auto [task, engine] = run.tasks.vector(VectorOp::NormStatistics, Stage::FF);
    engine.vector({.task = task,
                   .layer = run.layer,
                   .maps = {run.in()},
                   .vectors = {affine.scale, affine.shift},
                   .sums = {mean, kept["inverse"], kept["scale"], kept["shift"], kept["offset"]}});
    run.values.out = run.map(VectorOp::NormApply, Stage::FF, {&run.in()}, run.out_elements(),
                             {&kept["scale"], &kept["shift"]});
}

void backward_channel_norm(LayerRun& run) {
    const auto channels = static_cast<std::size_t>(run.layer.in.channels);
    auto& kept = run.values.kept;
    Values beta(channels);
    Values gamma(channels);
    Values b(channels);
    Values c(channels);
    const auto [task, engine] = run.tasks.vector(VectorOp::NormGradStatistics, Stage::BP);
    engine.vector({.task = task,
                   .layer = run.layer,
                   .maps = {run.values.gradient, run.in()},
                   .vectors = {kept["scale"], kept["inverse"], kept["offset"]},
                   .sums = {beta, gamma, b, c}});
    keep_gradients(run, gamma, beta);
    run.deliver(0, run.map(VectorOp::NormGradApply, Stage::BP, {&run.values.gradient, &run.in()},
                           run.in_elements(), {&b, &c, &kept["scale"]}));
}

void forward_row_norm(LayerRun& run) {
    const Affine affine(run, parameters_of(run.layer));
    auto& kept = run.values.kept;
    kept["mean"].assign(rows_of(run), 0.0);
    kept["inverse"].assign(rows_of(run), 0.0);
    const auto [task, engine] = run.tasks.vector(VectorOp::NormStatistics, Stage::FF);
    engine.vector(
        {.task = task, .layer = run.layer, .maps = {run.in()}, .sums = {kept["mean"], kept["inverse"]}});
    run.values.out = run.map(VectorOp::NormApply, Stage::FF, {&run.in()}, run.out_elements(),
                             {&kept["mean"], &kept["inverse"], &affine.scale, &affine.shift});
}

void backward_row_norm(LayerRun& run) {
    const Affine affine(run, parameters_of(run.layer));
    auto& kept = run.values.kept;
    Values plain(rows_of(run));
    Values turned(rows_of(run));
    Values gamma(affine.scale.size());
    Values beta(affine.scale.size());
    const auto [task, engine] = run.tasks.vector(VectorOp::NormGradStatistics, Stage::BP);
    engine.vector({.task = task,
                   .layer = run.layer,
                   .maps = {run.values.gradient, run.in()},
                   .vectors = {kept["mean"], kept["inverse"], affine.scale},
                   .sums = {plain, turned, gamma, beta}});
    keep_gradients(run, gamma, beta);
    run.deliver(
        0, run.map(VectorOp::NormGradApply, Stage::BP, {&run.values.gradient, &run.in()}, run.in_elements(),
                   {&kept["mean"], &kept["inverse"], &affine.scale, &plain, &turned}));
}

}  // namespace satsim::execute
