// Parameters, tables, rotary embedding and the loss.
#include <functional>

#include "runtime/execute/step_run.hpp"

namespace satsim::execute {
namespace {

// Channels of a head, which the layer itself does not say: those of the attention that reads it, directly or
// through slices and norms of a head; all that turn where none does.
std::int64_t head_of(const Network& network, int rope) {
    const std::function<std::int64_t(int)> find = [&](int from) -> std::int64_t {
        for (std::size_t i = 0; i < network.layers.size(); ++i) {
            const Layer& reader = network.layers[i];
            const auto reads = std::find(reader.inputs.begin(), reader.inputs.end(), from);
            if (reads == reader.inputs.end()) continue;
            if (reader.kind == LayerKind::Attend) {
                const bool query = reads == reader.inputs.begin();
                return (query ? reader.in.channels / reader.heads : reader.with.channels / reader.kv_heads);
            }
            if (reader.kind != LayerKind::Slice) continue;
            if (const std::int64_t found = find(static_cast<int>(i)); found > 0) return found;
        }
        return 0;
    };
    const std::int64_t found = find(rope);
    return found > 0 ? found : network.layers[static_cast<std::size_t>(rope)].size;
}

void turn(LayerRun& run, Stage stage, const Values& from, Values& to) {
    const auto [task, engine] = run.tasks.vector(VectorOp::Rotary, stage);
    to.assign(from.size(), 0.0);
    engine.vector({.task = task,
                   .layer = run.layer,
                   .maps = {from},
                   .results = {to},
                   .factor = stage == Stage::FF ? 1.0 : -1.0,
                   .length = head_of(run.run.network, run.index)});
}

std::vector<std::int64_t> row_numbers(const Values& values) {
    return {values.begin(), values.end()};
}

}  // namespace

void forward_parameter(LayerRun& run) {
    Values& out = run.values.out;
    out = run.weights.others.master;
    for (double& value : out) value = run.run.store.map_value(value);
}
void backward_parameter(LayerRun& run) {
    if (run.trained()) run.weights.others.gradient = run.values.gradient;
}

void forward_lookup(LayerRun& run) {
    const auto [task, engine] = run.tasks.vector(VectorOp::Embed, Stage::FF);
    const std::vector<std::int64_t> rows = row_numbers(run.in());
    run.values.out.assign(run.out_elements(), 0.0);
    engine.vector({.task = task,
                   .layer = run.layer,
                   .vectors = {run.weights.others.master},
                   .results = {run.values.out},
                   .numbers = rows});
}
void backward_lookup(LayerRun& run) {
    if (!run.trained()) return;
    const auto [task, engine] = run.tasks.vector(VectorOp::Embed, Stage::BP);
    const std::vector<std::int64_t> rows = row_numbers(run.in());
    Values& gradient = run.weights.others.gradient;
    gradient.assign(run.weights.others.size(), 0.0);
    engine.vector({.task = task,
                   .layer = run.layer,
                   .maps = {run.values.gradient},
                   .sums = {gradient},
                   .numbers = rows});
}

void forward_embedding(LayerRun& run) {
    run.values.out =
        run.map(VectorOp::Embed, Stage::FF, {&run.in()}, run.out_elements(), {&run.weights.others.master});
}
void backward_embedding(LayerRun& run) {
    const Values& dy = run.values.gradient;
    if (run.trained()) {
        const auto [task, engine] = run.tasks.vector(VectorOp::Embed, Stage::BP);
        Values& gradient = run.weights.others.gradient;
        gradient.assign(run.weights.others.size(), 0.0);
        engine.vector({.task = task, .layer = run.layer, .maps = {dy}, .sums = {gradient}});
    }
    // What stands behind the class token is the input's.
    Values rest;
    const std::int64_t sample = run.layer.out.elements();
    const std::int64_t front = sample - run.layer.in.elements();
    for (std::int64_t b = 0; b < run.batch(); ++b)
        rest.insert(rest.end(), dy.begin() + b * sample + front, dy.begin() + (b + 1) * sample);
    run.deliver(0, std::move(rest));
}

void forward_rope(LayerRun& run) {
    turn(run, Stage::FF, run.in(), run.values.out);
}
void backward_rope(LayerRun& run) {
    Values gradient;
    turn(run, Stage::BP, run.values.gradient, gradient);
    run.deliver(0, std::move(gradient));
}

// The mean over all positions of the step, times the recipe's weight; its gradient times the loss scale.
void forward_loss(LayerRun& run) {
    const Layer& l = run.layer;
    const auto found = run.run.recipe.losses.find(l.path);
    const double weight = found == run.run.recipe.losses.end() ? 1 : found->second;
    const std::int64_t positions = run.batch() * l.in.positions();
    const auto all = static_cast<double>(positions * run.run.recipe.micro_batches);
    const std::vector<std::int64_t>& labels =
        run.run.store.choices[static_cast<std::size_t>(run.index)].labels;
    const std::int64_t first = run.run.first_sample() * l.items * l.in.positions();
    Values total(1);
    Values& gradient = run.values.kept["gradient"];
    gradient.assign(run.in_elements(), 0.0);
    const auto [task, engine] = run.tasks.vector(VectorOp::Loss, Stage::FF);
    engine.vector({.task = task,
                   .layer = l,
                   .maps = {run.in()},
                   .results = {gradient},
                   .sums = {total},
                   .numbers = std::span(labels).subspan(static_cast<std::size_t>(first),
                                                        static_cast<std::size_t>(positions)),
                   .factor = weight * static_cast<double>(run.run.hyper.loss_scale) / all});
    double& sum = run.run.store.losses[l.name];
    sum = (run.run.first_part() ? 0 : sum) + weight * total[0] / all;
    run.values.out = {sum};
}
void backward_loss(LayerRun& run) {
    run.deliver(0, run.values.kept["gradient"]);
}

}  // namespace satsim::execute
