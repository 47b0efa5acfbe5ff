// GEMMs of attention within spans. Heads that share keys are stacked: with g query heads for each key head a
// product has g times the rows of its piece, and there are kv_heads of it.
#include "runtime/workload/attention_spans.hpp"
#include "runtime/workload/gemm_parts.hpp"

namespace satsim {
namespace {

struct Heads {
    explicit Heads(const Layer& layer)
        : keys(layer.kv_heads),
          group(layer.heads / layer.kv_heads),
          query_size(layer.in.channels / layer.heads),
          value_size(layer.out.channels / layer.heads) {}
    std::int64_t keys;
    std::int64_t group;
    std::int64_t query_size;
    std::int64_t value_size;
};

void append_scores(const StepContext& context, const Layer& layer, std::vector<Task>& tasks) {
    const Heads heads(layer);
    const MatrixShape keys{context.batch, layer.with.positions(), heads.query_size};
    tasks.emplace_back(transpose_task(layer, Stage::FF, all_of(keys, heads.keys, true)));
    for (const AttentionPiece& piece : query_pieces(layer))
        append_product(context, layer, Stage::FF, "scores", heads.keys * piece.count,
                       {heads.group * piece.rows, piece.columns, heads.query_size}, tasks);
}

}  // namespace

void append_attend_ff(const StepContext& context, const Layer& layer, std::vector<Task>& tasks) {
    const Heads heads(layer);
    append_scores(context, layer, tasks);
    for (const AttentionPiece& piece : query_pieces(layer))
        append_product(context, layer, Stage::FF, "context", heads.keys * piece.count,
                       {heads.group * piece.rows, heads.value_size, piece.columns}, tasks);
}

// dP = dC V^T and dQ = dS K by blocks of queries; dV = P^T dC and dK = dS^T Q by blocks of keys, so that
// their sums over queries stay inside a GEMM.
void append_attend_bp(const StepContext& context, const Layer& layer, std::vector<Task>& tasks) {
    const Heads heads(layer);
    if (context.recipe.recompute == Recompute::Attention) append_scores(context, layer, tasks);
    const MatrixShape values{context.batch, layer.with.positions(), heads.value_size};
    tasks.emplace_back(transpose_task(layer, Stage::BP, all_of(values, heads.keys, true)));
    for (const AttentionPiece& piece : query_pieces(layer))
        append_product(context, layer, Stage::BP, "dP", heads.keys * piece.count,
                       {heads.group * piece.rows, piece.columns, heads.value_size}, tasks);
    const auto by_keys = [&](const char* part, std::int64_t size) {
        for (const AttentionPiece& piece : key_pieces(layer)) {
            append_turned_product(context, layer, Stage::BP, part, heads.keys * piece.count,
                                  {piece.rows, size, heads.group * piece.columns}, tasks);
        }
    };
    by_keys("dV", heads.value_size);
    for (const AttentionPiece& piece : query_pieces(layer))
        append_product(context, layer, Stage::BP, "dQ", heads.keys * piece.count,
                       {heads.group * piece.rows, heads.query_size, piece.columns}, tasks);
    by_keys("dK", heads.query_size);
}

}  // namespace satsim
