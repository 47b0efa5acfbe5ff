// Attention within spans. The query heads that share keys are stacked: a product has group * rows rows of its
// piece. Scores and probabilities are kept whole for every span and head; what a query does not see is
// -infinity there before the softmax, and 0 after it.
#include "runtime/execute/attention.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "runtime/execute/attention_blocks.hpp"
#include "runtime/workload/attention_spans.hpp"

namespace satsim::execute {
namespace {

using std::int64_t;

// Heads side by side in the channels of a [sample][position] map.
struct Heads {
    int64_t positions = 0;
    int64_t heads = 0;
    int64_t size = 0;
    [[nodiscard]] std::size_t at(int64_t sample, int64_t position, int64_t head) const {
        return static_cast<std::size_t>(((sample * positions + position) * heads + head) * size);
    }
    [[nodiscard]] std::size_t elements(int64_t samples) const {
        return static_cast<std::size_t>(samples * positions * heads * size);
    }
};

// [sample][head][query][key], of the queries and keys of each span.
class Pairs {
  public:
    Pairs(const Layer& layer, int64_t samples)
        : samples_(samples), heads_(layer.heads), spans_(placed_spans(layer)) {
        for (const PlacedSpan& span : spans_) {
            first_.push_back(size_);
            size_ += span.queries * span.keys;
        }
    }
    [[nodiscard]] std::size_t elements() const { return static_cast<std::size_t>(samples_ * heads_ * size_); }
    [[nodiscard]] const std::vector<PlacedSpan>& spans() const { return spans_; }
    // Of the first query and key of span s.
    [[nodiscard]] std::size_t start(int64_t sample, int64_t head, std::size_t s) const {
        return static_cast<std::size_t>((sample * heads_ + head) * size_ + first_[s]);
    }
    [[nodiscard]] std::size_t at(int64_t sample, int64_t head, int64_t query, int64_t key) const {
        std::size_t s = 0;
        while (query >= spans_[s].query + spans_[s].queries) ++s;
        return start(sample, head, s) +
               static_cast<std::size_t>((query - spans_[s].query) * spans_[s].keys + key - spans_[s].key);
    }

  private:
    int64_t samples_;
    int64_t heads_;
    std::vector<PlacedSpan> spans_;
    std::vector<int64_t> first_;
    int64_t size_ = 0;
};

class Attention {
  public:
    Attention(LayerRun& run, const Layer& attend, const HeadMaps& in)
        : run_(run),
          l_(attend),
          in_(in),
          samples_(run.batch()),
          group_(l_.heads / l_.kv_heads),
          q_{l_.in.positions(), l_.heads, l_.in.channels / l_.heads},
          k_{l_.with.positions(), l_.kv_heads, q_.size},
          v_{l_.with.positions(), l_.kv_heads, l_.out.channels / l_.heads},
          o_{l_.in.positions(), l_.heads, v_.size},
          pairs_(l_, samples_),
          queries_(placed_query_pieces(l_)),
          keys_(placed_key_pieces(l_)) {}

    Values context() {
        form_probabilities(Stage::FF);
        Values context(o_.elements(samples_));
        const Values& p = run_.values.kept["probabilities"];
        for (const PlacedPiece& piece : queries_)
            unstack(
                run_.product(Stage::FF, "context", block_rows(piece, p), other_rows(piece, in_.values, v_)),
                piece, o_, context);
        clear_outside(Stage::FF, {{&context, &o_}});
        return context;
    }

    HeadMaps gradients(const Values& dy, bool again) {
        if (again) form_probabilities(Stage::BP);
        const Values& p = run_.values.kept["probabilities"];
        const Values turned = transposed(Stage::BP, in_.values, v_);
        Values dp(pairs_.elements());
        for (const PlacedPiece& piece : queries_)
            keep_blocks(run_.product(Stage::BP, "dP", stack(piece, dy, o_), other_columns(piece, turned, v_)),
                        piece, dp);
        Values ds(pairs_.elements());
        soften(VectorOp::SoftmaxGrad, Stage::BP, {&dp, &p}, ds);
        HeadMaps d;
        d.values = by_keys("dV", p, dy, o_, v_);
        d.queries.resize(q_.elements(samples_));
        for (const PlacedPiece& piece : queries_)
            unstack(run_.product(Stage::BP, "dQ", block_rows(piece, ds), other_rows(piece, in_.keys, k_)),
                    piece, q_, d.queries);
        d.keys = by_keys("dK", ds, in_.queries, q_, k_);
        clear_outside(Stage::BP, {{&d.queries, &q_}, {&d.keys, &k_}, {&d.values, &v_}});
        return d;
    }

  private:
    // visit(instance, sample, head of keys, block): the order of instances in every product.
    template <typename Visit>
    void for_instances(const PlacedPiece& piece, Visit visit) const {
        int64_t z = 0;
        for (int64_t b = 0; b < samples_; ++b)
            for (int64_t h = 0; h < l_.kv_heads; ++h)
                for (const AttentionBlock& block : piece.blocks) visit(z++, b, h, block);
    }

    // Scores and softmax; in the backward pass when they are formed again.
    void form_probabilities(Stage stage) {
        const Values turned = transposed(Stage::FF, in_.keys, k_);
        Values scores(pairs_.elements());
        for (const PlacedPiece& piece : queries_)
            keep_blocks(run_.product(Stage::FF, "scores", stack(piece, in_.queries, q_),
                                     other_columns(piece, turned, k_)),
                        piece, scores);
        mask(scores);
        Values& p = run_.values.kept["probabilities"];
        p.assign(pairs_.elements(), 0.0);
        soften(VectorOp::Softmax, stage, {&scores}, p);
    }

    // Positions behind the last span: no product writes them. Keys are as many as queries where there are
    // any.
    void clear_outside(Stage stage, const std::vector<std::pair<Values*, const Heads*>>& maps) {
        const int64_t covered = covered_positions(l_);
        if (covered == l_.in.positions()) return;
        std::vector<double*> outside;
        for (const auto& [map, heads] : maps)
            for (int64_t b = 0; b < samples_; ++b)
                for (std::size_t i = heads->at(b, covered, 0); i < heads->at(b + 1, 0, 0); ++i)
                    outside.push_back(&(*map)[i]);
        const Values zeros = run_.zeros(outside.size(), stage);
        for (std::size_t i = 0; i < outside.size(); ++i) *outside[i] = zeros[i];
    }

    void mask(Values& scores) const {
        for (int64_t b = 0; b < samples_; ++b)
            for (int64_t h = 0; h < l_.heads; ++h)
                for (const PlacedSpan& span : pairs_.spans())
                    for (int64_t i = 0; i < span.queries; ++i) {
                        const SeenKeys seen = seen_keys(l_, span, i);
                        for (int64_t j = 0; j < span.keys; ++j)
                            if (j < seen.first || j >= seen.end)
                                scores[pairs_.at(b, h, span.query + i, span.key + j)] =
                                    -std::numeric_limits<double>::infinity();
                    }
    }

    // One task for all rows; rows of one span and head are passed together.
    void soften(VectorOp op, Stage stage, const std::vector<const Values*>& maps, Values& result) {
        const auto [task, engine] = run_.tasks.vector(op, stage);
        for (int64_t b = 0; b < samples_; ++b)
            for (int64_t h = 0; h < l_.heads; ++h)
                for (std::size_t s = 0; s < pairs_.spans().size(); ++s) {
                    const PlacedSpan& span = pairs_.spans()[s];
                    const auto size = static_cast<std::size_t>(span.queries * span.keys);
                    const std::size_t first = pairs_.start(b, h, s);
                    VectorWork work{.task = task,
                                    .layer = run_.layer,
                                    .results = {std::span(result).subspan(first, size)},
                                    .factor = 1 / std::sqrt(static_cast<double>(q_.size)),
                                    .length = span.keys};
                    for (const Values* map : maps) work.maps.push_back(std::span(*map).subspan(first, size));
                    engine.vector(work);
                }
    }

    // [sample][head][channel][position].
    Values transposed(Stage stage, const Values& from, const Heads& heads) {
        const auto [task, engine] = run_.tasks.vector(VectorOp::Transpose, stage);
        Values turned(from.size());
        // Side by side, all heads of a sample are one matrix.
        if (task.shape.columns == heads.heads * heads.size) {
            engine.vector({.task = task, .layer = run_.layer, .maps = {from}, .results = {turned}});
            return turned;
        }
        Values apart;
        for (int64_t b = 0; b < samples_; ++b)
            for (int64_t h = 0; h < heads.heads; ++h)
                for (int64_t p = 0; p < heads.positions; ++p)
                    append(apart, from, heads.at(b, p, h), heads.size);
        engine.vector({.task = task, .layer = run_.layer, .maps = {apart}, .results = {turned}});
        return turned;
    }

    static void append(Values& to, const Values& from, std::size_t at, int64_t count) {
        to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(at),
                  from.begin() + static_cast<std::ptrdiff_t>(at) + count);
    }

    // A of a product: rows of the stacked heads' channels.
    Values stack(const PlacedPiece& piece, const Values& from, const Heads& heads) const {
        Values rows;
        for_instances(piece, [&](int64_t, int64_t b, int64_t h, const AttentionBlock& block) {
            for (int64_t g = 0; g < group_; ++g)
                for (int64_t r = 0; r < piece.rows; ++r)
                    append(rows, from, heads.at(b, block.row + r, h * group_ + g), heads.size);
        });
        return rows;
    }
    void unstack(const Values& rows, const PlacedPiece& piece, const Heads& heads, Values& to) const {
        std::size_t from = 0;
        for_instances(piece, [&](int64_t, int64_t b, int64_t h, const AttentionBlock& block) {
            for (int64_t g = 0; g < group_; ++g)
                for (int64_t r = 0; r < piece.rows; ++r)
                    for (int64_t c = 0; c < heads.size; ++c)
                        to[heads.at(b, block.row + r, h * group_ + g) + static_cast<std::size_t>(c)] =
                            rows[from++];
        });
    }
    // The same with the rows of a block of pairs.
    Values block_rows(const PlacedPiece& piece, const Values& pairs) const {
        Values rows;
        for_instances(piece, [&](int64_t, int64_t b, int64_t h, const AttentionBlock& block) {
            for (int64_t g = 0; g < group_; ++g)
                for (int64_t r = 0; r < piece.rows; ++r)
                    append(rows, pairs, pairs_.at(b, h * group_ + g, block.row + r, block.column),
                           piece.columns);
        });
        return rows;
    }
    void keep_blocks(const Values& rows, const PlacedPiece& piece, Values& pairs) const {
        std::size_t from = 0;
        for_instances(piece, [&](int64_t, int64_t b, int64_t h, const AttentionBlock& block) {
            for (int64_t g = 0; g < group_; ++g)
                for (int64_t r = 0; r < piece.rows; ++r)
                    for (int64_t c = 0; c < piece.columns; ++c)
                        pairs[pairs_.at(b, h * group_ + g, block.row + r, block.column + c)] = rows[from++];
        });
    }
    // B: keys or values of a block as rows, or, of their transposed form, as columns.
    Values other_rows(const PlacedPiece& piece, const Values& from, const Heads& heads) const {
        Values rows;
        for_instances(piece, [&](int64_t, int64_t b, int64_t h, const AttentionBlock& block) {
            for (int64_t c = 0; c < piece.columns; ++c)
                append(rows, from, heads.at(b, block.column + c, h), heads.size);
        });
        return rows;
    }
    Values other_columns(const PlacedPiece& piece, const Values& turned, const Heads& heads) const {
        Values rows;
        for_instances(piece, [&](int64_t, int64_t b, int64_t h, const AttentionBlock& block) {
            for (int64_t c = 0; c < heads.size; ++c)
                append(rows, turned,
                       static_cast<std::size_t>(((b * heads.heads + h) * heads.size + c) * heads.positions +
                                                block.column),
                       piece.columns);
        });
        return rows;
    }

    // Sums over the queries that see a block of keys: of pairs, which lie as [query][key], times the stacked
    // rows of `from`.
    Values by_keys(const char* part, const Values& pairs, const Values& from, const Heads& heads,
                   const Heads& of) {
        Values gradient(of.elements(samples_));
        for (const PlacedPiece& piece : keys_) {
            const PlacedPiece turned = swapped(piece);
            const Values rows = block_rows(turned, pairs);
            const Values c = run_.turned_product(Stage::BP, part, rows, stack(turned, from, heads));
            std::size_t next = 0;
            for_instances(piece, [&](int64_t, int64_t b, int64_t h, const AttentionBlock& block) {
                for (int64_t r = 0; r < piece.rows; ++r)
                    for (int64_t i = 0; i < of.size; ++i)
                        gradient[of.at(b, block.row + r, h) + static_cast<std::size_t>(i)] = c[next++];
            });
        }
        return gradient;
    }
    static PlacedPiece swapped(const PlacedPiece& piece) {
        PlacedPiece turned{piece.columns, piece.rows, {}};
        for (const AttentionBlock& block : piece.blocks) turned.blocks.push_back({block.column, block.row});
        return turned;
    }

    LayerRun& run_;
    const Layer& l_;
    const HeadMaps& in_;
    int64_t samples_;
    int64_t group_;
    Heads q_;
    Heads k_;
    Heads v_;
    Heads o_;
    Pairs pairs_;
    std::vector<PlacedPiece> queries_;
    std::vector<PlacedPiece> keys_;
};

}  // namespace

Values attention_context(LayerRun& run, const Layer& attend, const HeadMaps& in) {
    return Attention(run, attend, in).context();
}

HeadMaps attention_gradients(LayerRun& run, const Layer& attend, const HeadMaps& in, const Values& gradient,
                             bool again) {
    return Attention(run, attend, in).gradients(gradient, again);
}

}  // namespace satsim::execute
