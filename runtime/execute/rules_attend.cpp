// Attention of given queries, keys and values, and the older kind that has its four projections within: their
// weights lie side by side, [channel][query, key, value, output], and so do their biases.
#include <optional>

#include "runtime/execute/attention.hpp"

namespace satsim::execute {
namespace {

using std::int64_t;

HeadMaps operands(const LayerRun& run) {
    return {run.each(0), run.each(1), run.each(2)};
}

// What lies between the projections, as an attend layer says it.
Layer within(const Layer& attention) {
    Layer attend = attention;
    attend.kind = LayerKind::Attend;
    attend.with = attention.in;
    attend.kv_heads = attention.heads;
    attend.spans = {{attention.in.positions(), attention.in.positions(), 1}};
    return attend;
}

// Columns [first, first + count) of the four projections'.
struct Columns {
    int64_t first;
    int64_t count;
};
Columns qkv_of(const Layer& l) {
    return {0, 3 * l.in.channels};
}
Columns out_of(const Layer& l) {
    return {3 * l.in.channels, l.in.channels};
}

// `width` columns a row.
Values columns_at(const Values& from, int64_t width, const Columns& columns) {
    Values part;
    for (auto row = from.begin(); row != from.end(); row += width)
        part.insert(part.end(), row + columns.first, row + columns.first + columns.count);
    return part;
}
void put_columns(const Values& part, const Columns& columns, int64_t width, Values& to) {
    auto row = to.begin();
    for (auto from = part.begin(); from != part.end(); from += columns.count, row += width)
        std::copy(from, from + columns.count, row + columns.first);
}

HeadMaps heads_of(const Values& qkv, int64_t d) {
    return {columns_at(qkv, 3 * d, {0, d}), columns_at(qkv, 3 * d, {d, d}),
            columns_at(qkv, 3 * d, {2 * d, d})};
}
Values joined(const HeadMaps& heads, int64_t d) {
    Values qkv(3 * heads.queries.size());
    put_columns(heads.queries, {0, d}, 3 * d, qkv);
    put_columns(heads.keys, {d, d}, 3 * d, qkv);
    put_columns(heads.values, {2 * d, d}, 3 * d, qkv);
    return qkv;
}

// By the layer's copy, where the groups of these columns lie apart from the others'; else, and where the step
// has another pattern for them (fewer channels than a group has), by one made of the master.
Values project(LayerRun& run, Stage stage, const char* part, const Columns& columns, const Values& from) {
    const auto gemm = run.tasks.gemm(stage, part);
    if (gemm.task.sparse_is_activation)
        return multiplied_pruned(
            run, gemm, from,
            columns_of(run.weight(Stage::FF), Stage::FF, columns.first, columns.count).value());
    const PackedWeight& copy = run.weight(stage);
    const MatrixShape& shape = run.weights.shape;
    if (copy.nm == operand_pattern(gemm.task.nm))
        if (const auto own = columns_of(copy, stage, columns.first, columns.count))
            return weighted(gemm, from, *own);
    return weighted(gemm, from,
                    pack_weight(columns_at(run.weights.matrix.master, shape.columns, columns),
                                {1, shape.rows, columns.count}, gemm.task.nm, stage, run.run.store.exact()));
}

// The step has one task for all four, of which `part` exists when the others do not.
void add_part_of_bias(LayerRun& run, const Placed<VectorTask>& bias, const Columns& columns, Values& map) {
    const Values values = columns_at(run.weights.others.master, 4 * run.layer.in.channels, columns);
    const VectorTask task =
        part_of(bias.task, static_cast<int64_t>(map.size()) / columns.count, columns.count);
    const Values from = map;
    bias.engine.vector(
        {.task = task, .layer = run.layer, .maps = {from}, .vectors = {values}, .results = {map}});
}

}  // namespace

void forward_attend(LayerRun& run) {
    run.values.out = attention_context(run, run.layer, operands(run));
}

void backward_attend(LayerRun& run) {
    if (!run.wants(0) && !run.wants(1) && !run.wants(2)) return;
    const bool again = run.run.recipe.recompute == Recompute::Attention;
    HeadMaps d = attention_gradients(run, run.layer, operands(run), run.values.gradient, again);
    run.deliver_each(0, std::move(d.queries));
    run.deliver_each(1, std::move(d.keys));
    run.deliver_each(2, std::move(d.values));
}

void forward_attention(LayerRun& run) {
    const Layer& l = run.layer;
    Values& qkv = run.values.kept["qkv"];
    Values& context = run.values.kept["context"];
    qkv = project(run, Stage::FF, "qkv", qkv_of(l), run.in());
    std::optional<Placed<VectorTask>> bias;
    if (l.bias) bias.emplace(run.tasks.vector(VectorOp::Bias, Stage::FF));
    if (bias) add_part_of_bias(run, *bias, qkv_of(l), qkv);
    context = attention_context(run, within(l), heads_of(qkv, l.in.channels));
    run.values.out = project(run, Stage::FF, "out", out_of(l), context);
    if (bias) add_part_of_bias(run, *bias, out_of(l), run.values.out);
}

void backward_attention(LayerRun& run) {
    const Layer& l = run.layer;
    const int64_t d = l.in.channels;
    const Values& dy = run.values.gradient;
    const Values dcontext = project(run, Stage::BP, "out", out_of(l), dy);
    const Values dqkv =
        joined(attention_gradients(run, within(l), heads_of(run.values.kept["qkv"], d), dcontext, false), d);
    if (run.wants()) run.deliver(0, project(run, Stage::BP, "qkv", qkv_of(l), dqkv));
    if (!run.trained()) return;
    Values& gradient = run.weights.matrix.gradient;
    gradient.assign(run.weights.matrix.size(), 0.0);
    put_columns(run.turned_product(Stage::WU, "out", run.values.kept["context"], dy), out_of(l), 4 * d,
                gradient);
    put_columns(run.turned_product(Stage::WU, "qkv", run.in(), dqkv), qkv_of(l), 4 * d, gradient);
    if (!l.bias) return;
    Values all(dy.size() + dqkv.size());
    put_columns(dqkv, qkv_of(l), 4 * d, all);
    put_columns(dy, out_of(l), 4 * d, all);
    run.weights.others.gradient = run.sums(VectorOp::BiasGrad, all, run.weights.others.size());
}

}  // namespace satsim::execute
