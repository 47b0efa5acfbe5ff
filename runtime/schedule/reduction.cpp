#include "runtime/schedule/reduction.hpp"

#include <algorithm>

namespace satsim::schedule {

std::vector<Chunk> cut_reduction(const GemmTask& task, const GemmLayout& layout, int row_slots,
                                 std::int64_t lines, std::int64_t b_rows, std::int64_t line_bytes) {
    const int m = layout.nm.m;
    const std::int64_t group_bytes = std::int64_t{2} * m;
    std::vector<Chunk> chunks;
    Chunk open;
    const auto close = [&] {
        if (!open.segments.empty()) chunks.push_back(std::move(open));
        open = Chunk{};
    };
    for (int tap = 0; tap < static_cast<int>(task.gather.taps.size()); ++tap) {
        std::int64_t group = 0;
        while (group < layout.groups_of(tap)) {
            // The longest run of groups that the open chunk still takes.
            const std::int64_t free_lines = (lines - open.lines) / row_slots;
            const std::int64_t by_lines = free_lines * line_bytes / group_bytes;
            const std::int64_t by_rows = (b_rows - open.b_rows) / layout.nm.n;
            const std::int64_t left = layout.groups_of(tap) - group;
            const std::int64_t groups = std::min({left, by_lines, by_rows});
            // A cut tap is only worth it when the tap would not fit an empty chunk either.
            const std::int64_t fresh =
                std::min(lines / row_slots * line_bytes / group_bytes, b_rows / layout.nm.n);
            if (groups < std::min(left, fresh)) {
                if (open.segments.empty()) return {};
                close();
                continue;
            }
            if (groups <= 0) return {};
            Segment segment;
            segment.tap = tap;
            segment.group = group;
            segment.groups = groups;
            segment.bytes = std::min(groups * group_bytes, layout.run_of(tap) - group * group_bytes);
            segment.lines = ceil_div(groups * group_bytes, line_bytes);
            segment.offset = open.lines;
            segment.b_row = (static_cast<std::int64_t>(tap) * layout.groups_per_tap + group) * layout.nm.n;
            open.lines += segment.lines * row_slots;
            open.b_rows += segment.b_rows(layout.nm);
            open.segments.push_back(segment);
            group += groups;
        }
    }
    close();
    return chunks;
}

namespace {

// Whether `next` is `chunk` moved on by `run`.
bool moved(const Chunk& chunk, const Chunk& next, const ChunkRun& run) {
    if (chunk.segments.size() != next.segments.size()) return false;
    for (std::size_t i = 0; i < chunk.segments.size(); ++i) {
        Segment expected = chunk.segments[i];
        expected.group += run.groups;
        expected.b_row += run.b_rows;
        if (expected != next.segments[i]) return false;
    }
    return true;
}

}  // namespace

std::vector<ChunkRun> chunk_runs(const std::vector<Chunk>& chunks) {
    std::vector<ChunkRun> runs;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        const bool inner = i > 0 && i + 1 < chunks.size();
        if (inner && i > 1) {
            ChunkRun& run = runs.back();
            const Chunk& before = chunks[i - 1];
            if (run.count == 1) {
                run.groups = chunks[i].segments.front().group - before.segments.front().group;
                run.b_rows = chunks[i].segments.front().b_row - before.segments.front().b_row;
            }
            if (moved(before, chunks[i], run)) {
                ++run.count;
                continue;
            }
        }
        runs.push_back({.first = i});
    }
    return runs;
}

std::vector<RowTile> cut_rows(const GemmTask& task, std::int64_t tile_words, bool fill) {
    std::vector<RowTile> tiles;
    RowTile open;
    std::int64_t used = 0;
    for (int tap = 0; tap < static_cast<int>(task.gather.taps.size()); ++tap) {
        const std::int64_t channels = task.gather.channels_of(static_cast<std::size_t>(tap));
        std::int64_t channel = 0;
        while (channel < channels) {
            const std::int64_t left = ceil_div<std::int64_t>(channels - channel, 4);
            const std::int64_t room = tile_words - used;
            if (room < (fill ? 1 : std::min(left, tile_words))) {
                tiles.push_back(std::move(open));
                open = RowTile{};
                used = 0;
                continue;
            }
            RowRun run;
            run.tap = tap;
            run.channel = channel;
            run.channels = std::min<std::int64_t>(std::min(left, room) * 4, channels - channel);
            run.word = used;
            used += run.words();
            channel += run.channels;
            open.runs.push_back(run);
        }
    }
    if (!open.runs.empty()) tiles.push_back(std::move(open));
    return tiles;
}

}  // namespace satsim::schedule
