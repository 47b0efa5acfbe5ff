// Attention of several blocks against the plain formula: each query against the keys that it sees, one by
// one.
#include <gtest/gtest.h>

#include "runtime/execute/attention_blocks.hpp"
#include "tests/unit/execute/support.hpp"

namespace satsim::execute {
namespace {

using nlohmann::json;
using test::distance;

constexpr std::int64_t kSamples = 2;
constexpr std::size_t kHeads = 2;
constexpr std::size_t kSize = 4;  // channels of a head; both heads of queries share one of keys

struct Trial {
    const char* name;
    json fields;  // of the attention
    int positions;
    std::vector<std::int64_t> lengths;  // of the spans
};

class Blocks : public testing::TestWithParam<Trial> {
  protected:
    Blocks()
        : network_(
              test::network_of(layers(), {kHeads * kSize + 2 * kSize, 1, GetParam().positions}, kSamples)),
          attend_(network_.layers.back()),
          positions_(static_cast<std::size_t>(GetParam().positions)) {}

    static json layers() {
        const auto slice = [](const char* name, std::size_t start, std::size_t size) {
            return json{{"kind", "slice"}, {"from", "all"},  {"axis", "channels"},
                        {"name", name},    {"start", start}, {"size", size}};
        };
        json attend{
            {"kind", "attend"}, {"from", "q"}, {"with", {"k", "v"}}, {"heads", kHeads}, {"kv_heads", 1}};
        attend.update(GetParam().fields);
        return {{{"kind", "linear"}, {"out", kHeads * kSize + 2 * kSize}, {"name", "all"}},
                slice("q", 0, kHeads * kSize),
                slice("k", kHeads * kSize, kSize),
                slice("v", kHeads * kSize + kSize, kSize),
                attend};
    }

    struct Outcome {
        Values context;
        Values dq, dk, dv;
    };
    // `gradient` is that of the context.
    [[nodiscard]] Outcome plain(const Values& q, const Values& k, const Values& v,
                                const Values& gradient) const {
        Outcome o{Values(q.size()), Values(q.size()), Values(k.size()), Values(v.size())};
        const double factor = 1 / std::sqrt(static_cast<double>(kSize));
        for (std::size_t b = 0; b < kSamples; ++b) {
            std::size_t start = 0;
            for (const std::int64_t length : GetParam().lengths) {
                const std::size_t end = start + static_cast<std::size_t>(length);
                for (std::size_t i = start; i < end; ++i)
                    for (std::size_t h = 0; h < kHeads; ++h) {
                        const std::size_t mine = ((b * positions_ + i) * kHeads + h) * kSize;
                        const auto window = static_cast<std::size_t>(attend_.window);
                        const std::size_t first =
                            window > 0 && i + 1 > start + window ? i + 1 - window : start;
                        const std::size_t last = attend_.causal ? i + 1 : end;
                        const auto row = [&](std::size_t j) { return (b * positions_ + j) * kSize; };
                        const auto dot = [&](const Values& one, std::size_t at, const Values& two,
                                             std::size_t to) {
                            double sum = 0;
                            for (std::size_t c = 0; c < kSize; ++c) sum += one[at + c] * two[to + c];
                            return sum;
                        };
                        Values p;
                        double all = 0;
                        for (std::size_t j = first; j < last; ++j)
                            all += p.emplace_back(std::exp(factor * dot(q, mine, k, row(j))));
                        double mean = 0;  // of the gradients of the probabilities
                        for (std::size_t j = first; j < last; ++j) {
                            p[j - first] /= all;
                            mean += p[j - first] * dot(gradient, mine, v, row(j));
                        }
                        for (std::size_t j = first; j < last; ++j) {
                            const double share = p[j - first];
                            const double ds = factor * share * (dot(gradient, mine, v, row(j)) - mean);
                            for (std::size_t c = 0; c < kSize; ++c) {
                                o.context[mine + c] += share * v[row(j) + c];
                                o.dv[row(j) + c] += share * gradient[mine + c];
                                o.dq[mine + c] += ds * k[row(j) + c];
                                o.dk[row(j) + c] += ds * q[mine + c];
                            }
                        }
                    }
                start = end;
            }
        }
        return o;
    }

    Network network_;
    const Layer& attend_;
    std::size_t positions_;
};

TEST_P(Blocks, AreThePlainFormula) {
    const auto blocks = [](const std::vector<PlacedPiece>& pieces) {
        std::size_t count = 0;
        for (const PlacedPiece& piece : pieces) count += piece.blocks.size();
        return count;
    };
    ASSERT_GT(blocks(placed_query_pieces(attend_)), 1U);
    ASSERT_GT(blocks(placed_key_pieces(attend_)), 1U);
    const Recipe recipe;
    const TrainingStep step = make_training_step(network_, recipe);
    Store store(network_, kSamples, 4, true);
    ReferenceEngine engine;
    execute_step(network_, recipe, step, std::vector<int>(step.tasks.size(), 0), {&engine}, store);
    const std::vector<LayerValues>& layers = store.layers;
    const Outcome expected = plain(layers[1].out, layers[2].out, layers[3].out, store.output_gradients[4]);
    EXPECT_LT(distance(layers[4].out, expected.context), 1e-12);
    EXPECT_LT(distance(layers[1].gradient, expected.dq), 1e-12);
    EXPECT_LT(distance(layers[2].gradient, expected.dk), 1e-12);
    EXPECT_LT(distance(layers[3].gradient, expected.dv), 1e-12);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Blocks,
    testing::Values(Trial{"causal", {{"causal", true}}, 600, {600}},
                    Trial{"window_within_a_block", {{"causal", true}, {"window", 100}}, 600, {600}},
                    Trial{"window_of_blocks", {{"causal", true}, {"window", 300}}, 700, {700}},
                    Trial{"causal_spans",
                          {{"causal", true}, {"spans", {{300, 1}, {5, 3}, {270, 1}}}},
                          585,
                          {300, 5, 5, 5, 270}},
                    Trial{"spans", {{"spans", {{3, 2}, {7, 1}}}}, 13, {3, 3, 7}},
                    Trial{"positions_behind_the_spans", {{"spans", {{3, 2}}}}, 10, {3, 3}}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace satsim::execute
