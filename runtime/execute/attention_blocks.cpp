#include "runtime/execute/attention_blocks.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

#include "runtime/workload/attention_spans.hpp"

namespace satsim::execute {
namespace {

using Sizes = std::pair<std::int64_t, std::int64_t>;
using Found = std::map<Sizes, std::vector<AttentionBlock>>;

std::vector<PlacedPiece> listed(const Found& found, const std::vector<AttentionPiece>& counted) {
    std::vector<PlacedPiece> pieces;
    for (auto entry = found.rbegin(); entry != found.rend(); ++entry)
        pieces.push_back({entry->first.first, entry->first.second, entry->second});
    const bool equal = std::ranges::equal(pieces, counted, [](const PlacedPiece& a, const AttentionPiece& b) {
        return a.rows == b.rows && a.columns == b.columns && std::ssize(a.blocks) == b.count;
    });
    if (!equal) throw std::logic_error("attention's blocks are not those that its tasks count");
    return pieces;
}

}  // namespace

std::vector<PlacedSpan> placed_spans(const Layer& attend) {
    std::vector<PlacedSpan> spans;
    std::int64_t query = 0;
    std::int64_t key = 0;
    for (const Span& span : attend.spans) {
        for (std::int64_t i = 0; i < span.count; ++i) {
            spans.push_back({query, span.queries, key, span.keys});
            query += span.queries;
            key += span.keys;
        }
    }
    return spans;
}

SeenKeys seen_keys(const Layer& attend, const PlacedSpan& span, std::int64_t i) {
    if (!attend.causal) return {0, span.keys};
    const std::int64_t first = attend.window > 0 ? std::max<std::int64_t>(0, i + 1 - attend.window) : 0;
    return {first, i + 1};
}

std::vector<PlacedPiece> placed_query_pieces(const Layer& attend) {
    const std::int64_t block = attention_block(attend);
    Found found;
    for (const PlacedSpan& span : placed_spans(attend)) {
        if (span.queries == 0 || span.keys == 0) continue;
        const std::int64_t step = attend.causal ? block : span.queries;
        for (std::int64_t first = 0; first < span.queries; first += step) {
            const std::int64_t end = std::min(first + step, span.queries);
            const std::int64_t from = seen_keys(attend, span, first).first / block * block;
            const std::int64_t to = attend.causal ? end : span.keys;
            found[{end - first, to - from}].push_back({span.query + first, span.key + from});
        }
    }
    return listed(found, query_pieces(attend));
}

std::vector<PlacedPiece> placed_key_pieces(const Layer& attend) {
    const std::int64_t block = attention_block(attend);
    Found found;
    for (const PlacedSpan& span : placed_spans(attend)) {
        if (span.queries == 0 || span.keys == 0) continue;
        const std::int64_t step = attend.causal ? block : span.keys;
        for (std::int64_t first = 0; first < span.keys; first += step) {
            const std::int64_t end = std::min(first + step, span.keys);
            const std::int64_t from = attend.causal ? first : 0;
            const std::int64_t to = attend.window > 0
                                        ? std::min(span.queries, round_up(end - 1 + attend.window, block))
                                        : span.queries;
            found[{end - first, to - from}].push_back({span.key + first, span.query + from});
        }
    }
    return listed(found, key_pieces(attend));
}

}  // namespace satsim::execute
