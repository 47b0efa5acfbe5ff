// Parameters, tables, rotary embedding and the loss.
#include "runtime/execute/layer_run.hpp"
#include "runtime/execute/rotary_head.hpp"
#include "runtime/workload/operands.hpp"
#include "runtime/workload/weight_shape.hpp"

namespace satsim::execute {
namespace {

void turn(LayerRun& run, Stage stage, const Values& from, Values& to) {
    const auto [task, engine] = run.tasks.vector(VectorOp::Rotary, stage);
    to.assign(from.size(), 0.0);
    engine.vector({.task = task,
                   .layer = run.layer,
                   .maps = {from},
                   .results = {to},
                   .factor = stage == Stage::FF ? 1.0 : -1.0,
                   .length = rotary_head(run.run.network, run.index).value()});
}

// [row][channel]; where GEMMs read the table too it lies as their weight, [channel][row].
Values table_of(const LayerRun& run) {
    const MatrixShape& weight = run.weights.shape;
    if (weight.rows == 0) return run.weights.others.master;
    Values table = run.weights.matrix.master;
    transpose_each(table, {1, weight.columns, weight.rows});
    return table;
}

std::span<const std::int64_t> chosen_values(const LayerRun& run) {
    return run.run.store.choices[static_cast<std::size_t>(run.index)].places;
}

std::vector<std::int64_t> row_numbers(const Values& values) {
    return {values.begin(), values.end()};
}

}  // namespace

void forward_parameter(LayerRun& run) {
    Values& out = run.values.out;
    if (read_by_index(run.layer)) {
        out.assign(run.out_elements(), 0.0);
        const auto [task, engine] = run.tasks.vector(VectorOp::Embed, Stage::FF);
        engine.vector({.task = task,
                       .layer = run.layer,
                       .vectors = {run.weights.others.master},
                       .results = {out},
                       .numbers = chosen_values(run),
                       .length = 1});
        return;
    }
    out = run.weights.others.master;
    for (double& value : out) value = run.run.store.map_value(value);
}
void backward_parameter(LayerRun& run) {
    if (!run.trained()) return;
    run.weights.others.gradient =
        read_by_index(run.layer)
            ? run.table_gradient(run.values.gradient, run.weights.others.size(), chosen_values(run), 1)
            : run.values.gradient;
}

void forward_lookup(LayerRun& run) {
    const auto [task, engine] = run.tasks.vector(VectorOp::Embed, Stage::FF);
    const std::vector<std::int64_t> rows = row_numbers(run.in());
    const Values table = table_of(run);
    run.values.out.assign(run.out_elements(), 0.0);
    engine.vector({.task = task,
                   .layer = run.layer,
                   .vectors = {table},
                   .results = {run.values.out},
                   .numbers = rows,
                   .length = run.layer.out.channels});
}
void backward_lookup(LayerRun& run) {
    if (!run.trained()) return;
    const auto size = static_cast<std::size_t>(run.layer.parameters());
    Values gradient =
        run.table_gradient(run.values.gradient, size, row_numbers(run.in()), run.layer.out.channels);
    if (run.weights.shape.rows == 0) {
        run.weights.others.gradient = std::move(gradient);
        return;
    }
    transpose_each(gradient, run.weights.shape);
    run.weights.matrix.gradient = std::move(gradient);
}

void forward_embedding(LayerRun& run) {
    run.values.out =
        run.map(VectorOp::Embed, Stage::FF, {&run.in()}, run.out_elements(), {&run.weights.others.master});
}
void backward_embedding(LayerRun& run) {
    const Values& dy = run.values.gradient;
    if (run.trained()) {
        const auto reached = static_cast<std::size_t>(embedding_reach(run.layer));
        const std::size_t all = run.weights.others.size();
        const Values beyond = all > reached ? run.zeros(all - reached) : Values{};
        Values& sums = run.weights.others.gradient;
        sums = run.sums(VectorOp::Embed, dy, reached);
        sums.insert(sums.end(), beyond.begin(), beyond.end());
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
