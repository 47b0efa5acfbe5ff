// What attention within spans costs, against counting pair by pair.
#include <gtest/gtest.h>

#include "runtime/workload/attention_spans.hpp"

namespace satsim {
namespace {

Layer attend(std::vector<Span> spans, bool causal, std::int64_t window) {
    Layer layer;
    layer.kind = LayerKind::Attend;
    layer.spans = std::move(spans);
    layer.causal = causal;
    layer.window = window;
    return layer;
}

bool sees(const Layer& layer, std::int64_t query, std::int64_t key) {
    if (!layer.causal) return true;
    return key <= query && (layer.window == 0 || query - key < layer.window);
}

// Of one span: exact pairs, and the pairs that blocks of queries (keys) compute.
struct Counted {
    std::int64_t pairs = 0;
    std::int64_t by_queries = 0;
    std::int64_t by_keys = 0;
};
Counted count(const Layer& layer, const Span& span) {
    const std::int64_t block = attention_block(layer);
    const std::int64_t blocks = ceil_div(span.queries, block);
    Counted counted;
    std::vector<bool> needed(static_cast<std::size_t>(blocks * blocks));
    for (std::int64_t q = 0; q < span.queries; ++q) {
        for (std::int64_t k = 0; k < span.keys; ++k) {
            if (!sees(layer, q, k)) continue;
            ++counted.pairs;
            needed[static_cast<std::size_t>(q / block * blocks + k / block)] = true;
        }
    }
    for (std::int64_t b = 0; b < blocks * blocks; ++b) {
        if (!needed[static_cast<std::size_t>(b)]) continue;
        const auto extent = [&](std::int64_t i) {
            return std::min((i + 1) * block, span.queries) - i * block;
        };
        counted.by_queries += extent(b / blocks) * extent(b % blocks);
    }
    counted.by_keys = counted.by_queries;
    return counted;
}

std::int64_t area(const std::vector<AttentionPiece>& pieces) {
    std::int64_t sum = 0;
    for (const AttentionPiece& piece : pieces) sum += piece.count * piece.rows * piece.columns;
    return sum;
}

TEST(AttentionSpans, CountWhatEveryPairCounts) {
    for (const std::int64_t window : {0, 1, 100, 256, 257, 700}) {
        const Layer layer = attend({{1000, 1000, 2}, {256, 256, 1}, {1, 1, 3}}, true, window);
        Counted all;
        for (const Span& span : layer.spans) {
            const Counted one = count(layer, span);
            all.pairs += span.count * one.pairs;
            all.by_queries += span.count * one.by_queries;
            all.by_keys += span.count * one.by_keys;
        }
        EXPECT_EQ(seen_pairs(layer), all.pairs) << window;
        EXPECT_EQ(area(query_pieces(layer)), all.by_queries) << window;
        EXPECT_EQ(area(key_pieces(layer)), all.by_keys) << window;
    }
}

TEST(AttentionSpans, EverySeesEveryWithoutAMask) {
    const Layer layer = attend({{32, 257, 4}}, false, 0);
    EXPECT_EQ(seen_pairs(layer), 4 * 32 * 257);
    EXPECT_EQ(query_pieces(layer), (std::vector<AttentionPiece>{{32, 257, 4}}));
    EXPECT_EQ(key_pieces(layer), (std::vector<AttentionPiece>{{257, 32, 4}}));
}

TEST(AttentionSpans, LongSpansHaveFewKindsOfPieces) {
    const Layer layer = attend({{262144, 262144, 1}}, true, 0);
    EXPECT_LE(query_pieces(layer).size(), 16U);
    // Above the exact half square by half a block for every position.
    const double half = 0.5 * 262144.0 * 262144.0;
    EXPECT_NEAR(static_cast<double>(area(query_pieces(layer))) / half, 1 + 1.0 / 16, 1e-9);
}

// Packing shorter documents must be cheaper than one long one.
TEST(AttentionSpans, PackedDocumentsCostTheirOwnLengths) {
    const Layer one = attend({{8192, 8192, 1}}, true, 0);
    const Layer packed = attend({{1024, 1024, 8}}, true, 0);
    EXPECT_EQ(seen_pairs(one), 8192 * 8193 / 2);
    EXPECT_EQ(seen_pairs(packed), 8 * (1024 * 1025 / 2));
}

}  // namespace
}  // namespace satsim
