// Norms: by channel, whose statistics run over all positions, and by row.
#include "runtime/execute/layer_run.hpp"
#include "runtime/execute/weight_sets.hpp"

namespace satsim::execute {
namespace {

// Scale and shift of `size` parameters, of one of the layer's weights; ones and zeros where they are not
// trained. All weights' scales lie before all shifts.
struct Affine {
    Affine(const LayerRun& run, std::size_t size, std::size_t weight = 0)
        : scale(size, 1.0), shift(size, 0.0) {
        const Values& values = run.weights.others.master;
        const std::size_t scales = weight_count(run.layer) * size;
        const auto part = [&](std::size_t first) {
            const auto from = values.begin() + static_cast<std::ptrdiff_t>(first + weight * size);
            return Values(from, from + static_cast<std::ptrdiff_t>(size));
        };
        if (values.size() >= scales) scale = part(0);
        if (values.size() == 2 * scales) shift = part(scales);
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

// What one of the layer's weights normalises: the step's tasks are run in a part for each.
class WeightRows {
  public:
    WeightRows(const LayerRun& run, std::size_t weight)
        : whole_(weight_count(run.layer) == 1),
          channels_(static_cast<std::size_t>(run.layer.in.channels)),
          rows_(whole_ ? 0 : channels_ / parameters_of(run.layer)) {
        const auto number = static_cast<std::int64_t>(weight);
        if (!whole_) positions_ = positions_of(run.layer, run.batch(), std::span(&number, 1));
    }
    [[nodiscard]] bool none() const { return !whole_ && positions_.empty(); }
    [[nodiscard]] Values map(const Values& from) const {
        return whole_ ? from : taken_at(positions_, channels_, from);
    }
    // One number a row.
    [[nodiscard]] Values statistic(const Values& from) const {
        return whole_ ? from : taken_at(positions_, rows_, from);
    }
    void put_map(const Values& part, Values& to) const {
        if (whole_)
            to = part;
        else
            put_at(positions_, channels_, part, to);
    }

  private:
    bool whole_;  // group norms have rows of channels that lie apart, and one weight
    std::size_t channels_;
    std::size_t rows_;  // of a position
    Positions positions_;
};

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
    auto& kept = run.values.kept;
    kept["mean"].assign(rows_of(run), 0.0);
    kept["inverse"].assign(rows_of(run), 0.0);
    const auto [task, engine] = run.tasks.vector(VectorOp::NormStatistics, Stage::FF);
    engine.vector(
        {.task = task, .layer = run.layer, .maps = {run.in()}, .sums = {kept["mean"], kept["inverse"]}});
    const auto [apply, on] = run.tasks.vector(VectorOp::NormApply, Stage::FF);
    run.values.out.assign(run.out_elements(), 0.0);
    for (std::size_t weight = 0; weight < weight_count(run.layer); ++weight) {
        const WeightRows rows(run, weight);
        if (rows.none()) continue;
        const Affine affine(run, parameters_of(run.layer), weight);
        const Values x = rows.map(run.in());
        const Values mean = rows.statistic(kept["mean"]);
        const Values inverse = rows.statistic(kept["inverse"]);
        Values y(x.size());
        on.vector({.task = apply,
                   .layer = run.layer,
                   .maps = {x},
                   .vectors = {mean, inverse, affine.scale, affine.shift},
                   .results = {y}});
        rows.put_map(y, run.values.out);
    }
}

void backward_row_norm(LayerRun& run) {
    auto& kept = run.values.kept;
    const std::size_t size = parameters_of(run.layer);
    const auto [sum, engine] = run.tasks.vector(VectorOp::NormGradStatistics, Stage::BP);
    const auto [apply, on] = run.tasks.vector(VectorOp::NormGradApply, Stage::BP);
    Values gamma(weight_count(run.layer) * size);
    Values beta(gamma.size());
    Values gradient(run.in_elements());
    for (std::size_t weight = 0; weight < weight_count(run.layer); ++weight) {
        const WeightRows rows(run, weight);
        if (rows.none()) continue;
        const Affine affine(run, size, weight);
        const Values dy = rows.map(run.values.gradient);
        const Values x = rows.map(run.in());
        const Values mean = rows.statistic(kept["mean"]);
        const Values inverse = rows.statistic(kept["inverse"]);
        Values plain(mean.size());
        Values turned(mean.size());
        engine.vector({.task = sum,
                       .layer = run.layer,
                       .maps = {dy, x},
                       .vectors = {mean, inverse, affine.scale},
                       .sums = {plain, turned, std::span(gamma).subspan(weight * size, size),
                                std::span(beta).subspan(weight * size, size)}});
        Values dx(x.size());
        on.vector({.task = apply,
                   .layer = run.layer,
                   .maps = {dy, x},
                   .vectors = {mean, inverse, affine.scale, plain, turned},
                   .results = {dx}});
        rows.put_map(dx, gradient);
    }
    keep_gradients(run, gamma, beta);
    run.deliver(0, std::move(gradient));
}

}  // namespace satsim::execute
