#include "runtime/workload/attention_spans.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace satsim {
namespace {

constexpr std::int64_t kSmallestBlock = 256;
constexpr std::int64_t kMostBlocks = 16;

// Collects pieces, equal ones together.
class Pieces {
  public:
    void add(std::int64_t rows, std::int64_t columns, std::int64_t count) {
        if (rows > 0 && columns > 0 && count > 0) counts_[{rows, columns}] += count;
    }
    [[nodiscard]] std::vector<AttentionPiece> list() const {
        std::vector<AttentionPiece> pieces;
        for (auto entry = counts_.rbegin(); entry != counts_.rend(); ++entry)
            pieces.push_back({entry->first.first, entry->first.second, entry->second});
        return pieces;
    }

  private:
    std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> counts_;
};

}  // namespace

std::vector<AttentionShape> attention_shapes(const Layer& attend) {
    std::vector<AttentionShape> shapes;
    for (const Span& span : attend.spans) {
        if (span.count * span.queries * span.keys > 0)
            shapes.push_back({span.count, attend.heads, attend.kv_heads, span.queries, span.keys,
                              attend.in.channels / attend.heads, attend.out.channels / attend.heads,
                              attend.causal, attend.window});
    }
    return shapes;
}

std::int64_t seen_pairs(const Layer& attend) {
    std::int64_t pairs = 0;
    for (const AttentionShape& shape : attention_shapes(attend)) pairs += shape.sequences * shape.pairs();
    return pairs;
}

std::int64_t covered_positions(const Layer& attend) {
    std::int64_t covered = 0;
    for (const Span& span : attend.spans) covered += span.queries * span.count;
    return covered;
}

std::int64_t attention_block(const Layer& attend) {
    std::int64_t longest = 0;
    for (const Span& span : attend.spans) longest = std::max(longest, span.queries);
    std::int64_t block = kSmallestBlock;
    while (longest > kMostBlocks * block) block *= 2;
    return block;
}

std::vector<AttentionPiece> query_pieces(const Layer& attend) {
    const std::int64_t block = attention_block(attend);
    Pieces pieces;
    for (const Span& span : attend.spans) {
        if (!attend.causal) {
            pieces.add(span.queries, span.keys, span.count);
            continue;
        }
        for (std::int64_t first = 0; first < span.queries; first += block) {
            const std::int64_t end = std::min(first + block, span.queries);
            const std::int64_t behind =
                attend.window > 0 ? std::max<std::int64_t>(0, first + 1 - attend.window) : 0;
            pieces.add(end - first, end - behind / block * block, span.count);
        }
    }
    return pieces.list();
}

std::vector<AttentionPiece> key_pieces(const Layer& attend) {
    const std::int64_t block = attention_block(attend);
    Pieces pieces;
    for (const Span& span : attend.spans) {
        if (!attend.causal) {
            pieces.add(span.keys, span.queries, span.count);
            continue;
        }
        for (std::int64_t first = 0; first < span.queries; first += block) {
            const std::int64_t end = std::min(first + block, span.queries);
            // The last query that sees the block's last key.
            const std::int64_t last = attend.window > 0
                                          ? std::min(span.queries, round_up(end - 1 + attend.window, block))
                                          : span.queries;
            pieces.add(end - first, last - first, span.count);
        }
    }
    return pieces.list();
}

}  // namespace satsim
