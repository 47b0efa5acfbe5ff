// What attention within spans costs: exact pairs of positions, and the products that compute them.
// docs/architecture/compositions.md states the rule.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/workload/network.hpp"
#include "runtime/workload/task.hpp"

namespace satsim {

// Queries of all spans, which follow each other from the first position on.
[[nodiscard]] std::int64_t covered_positions(const Layer& attend);
// Its spans of one item that hold anything: sequences of one length each.
[[nodiscard]] std::vector<AttentionShape> attention_shapes(const Layer& attend);
// Pairs of a query and a key that it sees, of all spans, one head.
[[nodiscard]] std::int64_t seen_pairs(const Layer& attend);

// `count` products of `rows` positions with `columns` others, of one head.
struct AttentionPiece {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::int64_t count = 1;
    auto operator<=>(const AttentionPiece&) const = default;
};

// Blocks of queries, each with all keys that one of its queries sees: for scores and context, and the
// gradients of queries and probabilities. Largest first, equal ones counted.
[[nodiscard]] std::vector<AttentionPiece> query_pieces(const Layer& attend);
// Blocks of keys, each with all queries that see one of them: for the gradients of keys and values.
[[nodiscard]] std::vector<AttentionPiece> key_pieces(const Layer& attend);

// Positions of a block: 256, doubled until the longest span has at most 16 blocks.
[[nodiscard]] std::int64_t attention_block(const Layer& attend);

}  // namespace satsim
