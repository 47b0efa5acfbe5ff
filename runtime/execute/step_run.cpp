#include "runtime/execute/step_run.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "runtime/execute/layer_run.hpp"
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
    const Values zeros = zeros_of(tasks, layer(index), Stage::BP, holes.size());
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

}  // namespace satsim::execute
