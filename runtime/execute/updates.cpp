// What happens to weights: sums of their gradients, and the optimizer.
#include <algorithm>
#include <cmath>

#include "runtime/execute/layer_run.hpp"

namespace satsim::execute {
namespace {

void update(StepRun& run, const PendingUpdate& pending) {
    const auto& [task, engine] = pending.optimizer;
    LayerWeights& weights = run.store.weights[static_cast<std::size_t>(pending.layer)];
    Parameter& parameter = pending.matrix ? weights.matrix : weights.others;
    const bool moments = task.optimizer != "sgd";
    Values master(parameter.size());
    Values first(parameter.size());
    Values second(moments ? parameter.size() : 0);
    VectorWork work{.task = task,
                    .layer = run.layer(pending.layer),
                    .maps = {parameter.gradient, parameter.first, parameter.master},
                    .results = {master, first},
                    .hyper = run.hyper};
    if (moments) {
        work.maps.emplace_back(parameter.second);
        work.results.emplace_back(second);
    }
    PackedWeight ff;
    PackedWeight bp;
    if (pending.matrix && task.pregenerate_ff) work.ff = &ff;
    if (pending.matrix && task.pregenerate_bp) work.bp = &bp;
    engine.vector(work);
    parameter.master = std::move(master);
    parameter.first = std::move(first);
    if (moments) parameter.second = std::move(second);
    if (!pending.matrix) return;
    weights.ff = std::move(ff);  // empty where the update leaves none: the old one is another master's
    weights.bp = std::move(bp);
}

}  // namespace

void add_gradients(LayerRun& run, const Values& matrix, const Values& others) {
    if (run.run.recipe.micro_batches == 1) return;
    const auto [task, engine] = run.tasks.vector(VectorOp::Add, Stage::WU);
    if (run.run.first_part()) return;
    const auto joined = [](const Values& a, const Values& b) {
        Values all = a;
        all.insert(all.end(), b.begin(), b.end());
        return all;
    };
    Values& new_matrix = run.weights.matrix.gradient;
    Values& new_others = run.weights.others.gradient;
    const Values before = joined(matrix, others);
    const Values fresh = joined(new_matrix, new_others);
    Values sum(fresh.size());
    engine.vector({.task = task, .layer = run.layer, .maps = {before, fresh}, .results = {sum}});
    const auto border = sum.begin() + static_cast<std::ptrdiff_t>(new_matrix.size());
    new_matrix.assign(sum.begin(), border);
    new_others.assign(border, sum.end());
}

void leave_gradient(LayerRun& run) {
    run.run.tied_gradients(run.layer.tied)
        .push_back(
            {run.tasks.vector(VectorOp::Add, Stage::WU), run.layer, std::move(run.weights.matrix.gradient)});
}

void add_tied_gradients(LayerRun& run) {
    for (const TiedGradient& other : run.run.tied_gradients(run.index)) {
        Values& own = run.weights.matrix.gradient;
        Values sum(own.size());
        other.add.engine.vector(
            {.task = other.add.task, .layer = other.layer, .maps = {other.gradient, own}, .results = {sum}});
        own = std::move(sum);
    }
    run.run.tied_gradients(run.index).clear();
}

void update_weights(LayerRun& run) {
    const auto later = [&](bool matrix) {
        const auto optimizer = run.tasks.vector(VectorOp::Optimizer, Stage::WU);
        if (run.run.last_part()) run.run.update_later({optimizer, run.index, matrix});
    };
    if (run.weights.shape.rows > 0) later(true);
    if (run.weights.others.size() > 0) later(false);
}

bool StepRun::overflow() const {
    return std::ranges::any_of(pending_, [&](const PendingUpdate& each) {
        const LayerWeights& weights = store.weights[static_cast<std::size_t>(each.layer)];
        const Values& gradient = (each.matrix ? weights.matrix : weights.others).gradient;
        return std::ranges::any_of(gradient, [](double value) { return !std::isfinite(value); });
    });
}

void StepRun::update() {
    for (const PendingUpdate& each : pending_) execute::update(*this, each);
    pending_.clear();
}

}  // namespace satsim::execute
