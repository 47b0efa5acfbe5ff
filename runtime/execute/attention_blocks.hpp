// Where the products of attention within spans lie: runtime/workload/attention_spans.hpp counts them, here
// each has its place.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/workload/network.hpp"

namespace satsim::execute {

// Positions from `row` on against positions from `column` on.
struct AttentionBlock {
    std::int64_t row = 0;
    std::int64_t column = 0;
};

// Blocks of equal size; one GEMM task computes all of them.
struct PlacedPiece {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::vector<AttentionBlock> blocks;
};

// In the order of query_pieces() (rows: queries, columns: keys) and key_pieces() (the other way round).
[[nodiscard]] std::vector<PlacedPiece> placed_query_pieces(const Layer& attend);
[[nodiscard]] std::vector<PlacedPiece> placed_key_pieces(const Layer& attend);

// A span as it lies in the sequence: keys [key, key + keys) for queries [query, query + queries).
struct PlacedSpan {
    std::int64_t query = 0;
    std::int64_t queries = 0;
    std::int64_t key = 0;
    std::int64_t keys = 0;
};
[[nodiscard]] std::vector<PlacedSpan> placed_spans(const Layer& attend);

// Keys [first, end) that query `i` of a span sees, within the span.
struct SeenKeys {
    std::int64_t first = 0;
    std::int64_t end = 0;
};
[[nodiscard]] SeenKeys seen_keys(const Layer& attend, const PlacedSpan& span, std::int64_t i);

}  // namespace satsim::execute
