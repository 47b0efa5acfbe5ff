#include "runtime/execute/step_run.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "runtime/workload/gradient_sums.hpp"
#include "runtime/workload/operands.hpp"

namespace satsim::execute {

StepRun::StepRun(const Network& net, const Recipe& rec, Store& values, schedule::Hyperparameters numbers)
    : network(net),
      recipe(rec),
      plan(plan_training(net, rec)),
      store(values),
      hyper(numbers),
      samples_(values.samples() / rec.micro_batches),
      shared_(net.shared_by_samples()),
      slice_tensors_(net.layers.size()),
      delivered_(net.layers.size()),
      partials_(net.layers.size()),
      tied_gradients_(net.layers.size()) {
    place_slices();
}

// As the step counts them.
void StepRun::place_slices() {
    std::map<std::pair<int, Axis>, std::vector<std::size_t>> slices;  // of a layer, along an axis
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const Layer& layer = network.layers[i];
        if (is_slice(layer) && plan[i].gradient && layer.inputs[0] >= 0)
            slices[{layer.inputs[0], layer.axis}].push_back(i);
    }
    for (const auto& entry : slices) {
        std::vector<const Layer*> layers;
        for (const std::size_t i : entry.second) layers.push_back(&network.layers[i]);
        const std::vector<int> tensors = slice_tensors(layers);
        for (std::size_t i = 0; i < tensors.size(); ++i) slice_tensors_[entry.second[i]] = tensors[i];
    }
}

void StepRun::begin(std::int64_t part) {
    part_ = part;
    inputs_.clear();
    for (std::size_t i = 0; i < network.inputs.size(); ++i) {
        const Values& all = store.inputs[i];
        const auto size = static_cast<std::ptrdiff_t>(all.size()) / recipe.micro_batches;
        inputs_.emplace_back(all.begin() + part * size, all.begin() + (part + 1) * size);
    }
    for (auto& each : delivered_) each.clear();
    for (auto& each : partials_) each.clear();
}

std::int64_t StepRun::batch(int index) const {
    const auto i = static_cast<std::size_t>(index);
    return shared_[i] ? 1 : samples_ * network.layers[i].items;
}

const Values& StepRun::value(int index) const {
    return index < 0 ? inputs_[static_cast<std::size_t>(-1 - index)]
                     : store.layers[static_cast<std::size_t>(index)].out;
}

bool StepRun::wants(int index) const {
    return index >= 0 && plan[static_cast<std::size_t>(index)].gradient;
}

void StepRun::deliver(int index, Values gradient) {
    if (wants(index)) delivered_[static_cast<std::size_t>(index)].push_back(std::move(gradient));
}

StepRun::Partial& StepRun::partial(int index, int group, int number) {
    std::vector<Partial>& partials = partials_[static_cast<std::size_t>(index)];
    const auto found = std::ranges::find_if(
        partials, [&](const Partial& each) { return each.group == group && each.number == number; });
    if (found != partials.end()) return *found;
    const std::size_t size = value(index).size();
    partials.push_back({group, number, Values(size), std::vector<bool>(size, false)});
    return partials.back();
}

void StepRun::deliver_slice(int reader, const std::vector<std::size_t>& places, const Values& values) {
    const Layer& slice = layer(reader);
    const int index = slice.inputs[0];
    if (!wants(index)) return;
    Partial& into =
        partial(index, static_cast<int>(slice.axis), slice_tensors_[static_cast<std::size_t>(reader)]);
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (into.covered[places[i]]) throw std::logic_error("layer " + slice.name + ": a place taken twice");
        into.values[places[i]] = values[i];
        into.covered[places[i]] = true;
    }
}

void StepRun::deliver_selected(int index, const std::vector<std::size_t>& places, const Values& values) {
    if (!wants(index)) return;
    for (std::size_t i = 0; i < places.size(); ++i) {
        int number = 0;
        while (partial(index, kSelected, number).covered[places[i]]) ++number;
        Partial& into = partial(index, kSelected, number);
        into.values[places[i]] = values[i];
        into.covered[places[i]] = true;
    }
}

void StepRun::fill_uncovered(std::vector<Partial>& partials, bool selected, int index, TaskGroup& tasks) {
    std::vector<std::pair<Partial*, std::size_t>> holes;
    for (Partial& partial : partials) {
        if ((partial.group == kSelected) != selected) continue;
        for (std::size_t i = 0; i < partial.covered.size(); ++i)
            if (!partial.covered[i]) holes.emplace_back(&partial, i);
    }
    if (holes.empty()) return;
    const auto [task, engine] = tasks.vector(VectorOp::ZeroFill, Stage::BP);
    if (task.elements != static_cast<std::int64_t>(holes.size()))
        throw std::logic_error("layer " + task.layer + ": zero fill of " + std::to_string(task.elements) +
                               " elements, but " + std::to_string(holes.size()) + " are open");
    Values zeros(holes.size(), 1.0);  // until the engine writes them
    engine.vector({.task = task, .layer = layer(index), .results = {zeros}});
    for (std::size_t i = 0; i < holes.size(); ++i) holes[i].first->values[holes[i].second] = zeros[i];
}

void StepRun::sum_gradients(int index, TaskGroup& tasks) {
    const auto i = static_cast<std::size_t>(index);
    std::vector<Partial>& partials = partials_[i];
    fill_uncovered(partials, true, index, tasks);
    fill_uncovered(partials, false, index, tasks);
    std::vector<Values> all = std::move(delivered_[i]);
    for (Partial& partial : partials) all.push_back(std::move(partial.values));
    delivered_[i].clear();
    partials.clear();
    Values& sum = store.layers[i].gradient;
    if (all.empty()) {  // an end of the network
        const Values& given = store.output_gradients[i];
        const auto size = static_cast<std::ptrdiff_t>(store.layers[i].out.size());
        if (!given.empty()) sum.assign(given.begin() + part_ * size, given.begin() + (part_ + 1) * size);
        return;
    }
    sum = std::move(all[0]);
    for (std::size_t g = 1; g < all.size(); ++g) {
        const auto [task, engine] = tasks.vector(VectorOp::Add, Stage::BP);
        Values result(sum.size());
        engine.vector({.task = task, .layer = layer(index), .maps = {sum, all[g]}, .results = {result}});
        sum = std::move(result);
    }
}

void StepRun::forward(int index, TaskGroup& tasks) {
    const auto i = static_cast<std::size_t>(index);
    LayerRun run{*this, tasks, index, layer(index), store.layers[i], store.weights[i]};
    rule_of(layer(index).kind).forward(run);
    tasks.require_done();
}

void StepRun::backward(int index, TaskGroup& tasks) {
    const auto i = static_cast<std::size_t>(index);
    sum_gradients(index, tasks);
    LayerRun run{*this, tasks, index, layer(index), store.layers[i], store.weights[i]};
    Values matrix;  // sums of earlier micro-batches
    Values others;
    if (!first_part()) {
        matrix = std::move(run.weights.matrix.gradient);
        others = std::move(run.weights.others.gradient);
    }
    rule_of(layer(index).kind).backward(run);
    if (plan[i].trained && run.layer.tied >= 0) {
        leave_gradient(run);
    } else if (plan[i].trained) {
        add_tied_gradients(run);
        add_gradients(run, matrix, others);
        update_weights(run);
    }
    tasks.require_done();
}

const PackedWeight& LayerRun::weight(Stage stage) const {
    const auto copy = [&](const LayerWeights& of) -> const PackedWeight& {
        return stage == Stage::FF ? of.ff : of.bp;
    };
    const bool shares = layer.tied >= 0 && copy(weights).empty();
    return copy(shares ? run.store.weights[static_cast<std::size_t>(layer.tied)] : weights);
}

Values LayerRun::each(std::size_t i) const {
    Values all = in(i);
    if (!sums_over_samples(layer, i, run.shared())) return all;
    const Values one = all;
    for (std::int64_t b = 1; b < batch(); ++b) all.insert(all.end(), one.begin(), one.end());
    return all;
}

void LayerRun::deliver_each(std::size_t i, Values gradient) const {
    if (!sums_over_samples(layer, i, run.shared())) return deliver(i, std::move(gradient));
    deliver(i, sums(VectorOp::BiasGrad, gradient, in(i).size()));
}

Values LayerRun::map(VectorOp op, Stage stage, const std::vector<const Values*>& maps, std::size_t elements,
                     const std::vector<const Values*>& vectors) const {
    const auto [task, engine] = tasks.vector(op, stage);
    Values result(elements);
    VectorWork work{.task = task, .layer = layer, .results = {result}, .hyper = run.hyper};
    for (const Values* each : maps) work.maps.emplace_back(*each);
    for (const Values* each : vectors) work.vectors.emplace_back(*each);
    engine.vector(work);
    return result;
}

namespace {

// `b`: a matrix an instance, or nothing: those of the weight. `turned`: A lies as [k][m], and the result is
// one of sums over positions.
Values multiplied(const Placed<GemmTask>& gemm, const Values& a, const Values* b, const PackedWeight* weight,
                  bool turned) {
    const GemmShape& s = gemm.task.shape;
    Values c(static_cast<std::size_t>(gemm.task.count * s.m * s.n));
    GemmWork work{.task = gemm.task, .a = {a.data(), s.m * s.k, 0, 0, turned ? s.m : s.k}, .weight = weight};
    if (b != nullptr) work.b = {b->data(), s.k * s.n, s.n};
    if (turned)
        work.rows = {c.data(), s.m * s.n, s.n};
    else
        work.map = {c.data(), s.m * s.n, 0, 0, s.n};
    gemm.engine.gemm(work);
    return c;
}

}  // namespace

Values LayerRun::product(Stage stage, std::string_view part, const Values& a, const Values& b) const {
    return multiplied(tasks.gemm(stage, part), a, &b, nullptr, false);
}

Values LayerRun::turned_product(Stage stage, std::string_view part, const Values& a, const Values& b) const {
    return multiplied(tasks.gemm(stage, part), a, &b, nullptr, true);
}

Values weighted(const Placed<GemmTask>& gemm, const Values& a, const PackedWeight& weight) {
    return multiplied(gemm, a, nullptr, &weight, false);
}

VectorTask part_of(const VectorTask& task, std::int64_t rows, std::int64_t columns) {
    VectorTask part = task;
    part.shape = {1, rows, columns};
    part.elements = part.shape.elements();
    return part;
}

Values LayerRun::sums(VectorOp op, const Values& gradient, std::size_t size,
                      std::span<const std::int64_t> numbers, std::int64_t length) const {
    const auto [task, engine] = tasks.vector(op, Stage::BP);
    Values sum(size);
    engine.vector({.task = task,
                   .layer = layer,
                   .maps = {gradient},
                   .sums = {sum},
                   .numbers = numbers,
                   .length = length});
    return sum;
}

Values LayerRun::zeros(std::size_t size) const {
    const auto [task, engine] = tasks.vector(VectorOp::ZeroFill, Stage::BP);
    if (task.elements != static_cast<std::int64_t>(size))
        throw std::logic_error("layer " + task.layer + ": zero fill of " + std::to_string(task.elements) +
                               " elements, but " + std::to_string(size) + " are open");
    Values filled(size, 1.0);  // until the engine writes them
    engine.vector({.task = task, .layer = layer, .results = {filled}});
    return filled;
}

Values LayerRun::table_gradient(const Values& gradient, std::size_t size,
                                std::span<const std::int64_t> numbers, std::int64_t length) const {
    Values table = zeros(size);
    const Values chosen = sums(VectorOp::Embed, gradient, size, numbers, length);
    for (const std::int64_t row : numbers)
        std::copy_n(chosen.begin() + row * length, length, table.begin() + row * length);
    return table;
}

Values LayerRun::copied(Stage stage, const Values& moved, std::size_t channels) const {
    const Values zeros(channels);  // VEC copies by adding them
    return map(VectorOp::Copy, stage, {&moved}, moved.size(), {&zeros});
}

}  // namespace satsim::execute
