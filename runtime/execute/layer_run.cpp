#include "runtime/execute/layer_run.hpp"

#include <algorithm>
#include <stdexcept>

#include "runtime/workload/operands.hpp"

namespace satsim::execute {

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

Values LayerRun::zeros(std::size_t size, Stage stage) const {
    return zeros_of(tasks, layer, stage, size);
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
