// What an output-stationary schedule needs of the buffers.
#include <algorithm>
#include <limits>

#include "runtime/schedule/emit_gemm_os.hpp"
#include "runtime/schedule/result_tiles.hpp"

namespace satsim::schedule {
namespace {

constexpr std::int64_t kWordBytes = 8;

// How many copies of `words` fit `lines` lines: 2 (double-buffered), 1 or 0.
int copies_that_fit(std::int64_t words, std::int64_t lines, std::int64_t line_words) {
    const std::int64_t capacity = lines * line_words;
    if (2 * words <= capacity) return 2;
    return words <= capacity ? 1 : 0;
}

// The taps of a strip beside each other, each as long as the kernel's.
Chunk gather_strip(const OsPlan& plan, int row_slots) {
    Chunk gathered;
    for (int tap = 0; tap < static_cast<int>(plan.strip.gather.taps.size()); ++tap) {
        Segment segment = plan.chunks.front().segments.front();
        segment.tap = tap;
        segment.offset = gathered.lines;
        gathered.lines += segment.lines * row_slots;
        gathered.segments.push_back(segment);
    }
    return gathered;
}

}  // namespace

OsPlan plan_os(const GemmTask& task, const GemmSchedule& schedule, const isa::ArrayConfig& array) {
    OsPlan plan;
    plan.layout = layout_gemm(task, array);
    const NmPattern nm = plan.layout.nm;
    const int sr = schedule.row_slots;
    const int sc = schedule.column_slots;
    if (schedule.strip_rows != 1) {
        const std::vector<int> heights = strip_heights(task.gather);
        if (std::ranges::find(heights, schedule.strip_rows) == heights.end()) return {};
    }
    if (sr < 1 || sr > array.row_slots() || sc < 1 || sr * sc > array.slots) return {};
    const auto panels = index_panels(ceil_div(task.shape.n, schedule.tile_n), sc, nm, array);
    if (!panels) return {};
    plan.index_panels = *panels;
    const std::int64_t width = std::int64_t{array.columns} * sc;
    const std::int64_t line_words = array.line_words();
    const std::int64_t row_words = width * 2 / kWordBytes;
    const std::int64_t index_words = nm.dense() ? 0 : array.index_row_words(sc);
    plan.result_tile = schedule.tile_m * sc;
    if (2 * plan.result_tile > array.result_addresses) return {};

    const bool streams = schedule.order == LoopOrder::RowsOutside || !schedule.b_resident;
    std::int64_t chunk_rows = std::numeric_limits<std::int64_t>::max();
    if (schedule.order == LoopOrder::ColumnsOutside && streams) {
        chunk_rows = array.north_value_lines * line_words / 2 / row_words;
        if (index_words > 0) {
            chunk_rows = std::min(chunk_rows, array.north_index_lines * line_words / 2 / index_words);
        }
    }
    const auto halves = [&](std::int64_t rows) {
        const int values = copies_that_fit(rows * row_words, array.north_value_lines, line_words);
        if (index_words == 0) return values;
        return std::min(values, copies_that_fit(rows * index_words, array.north_index_lines, line_words));
    };
    const bool whole = schedule.order == LoopOrder::RowsOutside || !streams;  // all of K in a panel
    if (whole && halves(plan.layout.k_rows) == 0) return {};
    plan.west_half_lines = array.west_lines / 2;
    plan.chunks = cut_reduction(task, plan.layout, sr, plan.west_half_lines, chunk_rows, array.line_bytes());
    if (plan.chunks.empty()) return {};
    if (schedule.order == LoopOrder::RowsOutside && plan.chunks.size() != 1) return {};
    plan.strip = make_strip(task.gather, schedule.strip_rows);
    if (plan.strip.rows > 1) {
        // The rows of a strip are finished one after the other, so each must find all of K.
        if (plan.chunks.size() != 1) return {};
        plan.gathered = gather_strip(plan, sr);
        if (plan.gathered.lines > plan.west_half_lines) return {};
    }

    std::int64_t rows_on_chip = whole ? plan.layout.k_rows : 0;
    if (!whole) {
        for (const Chunk& chunk : plan.chunks) rows_on_chip = std::max(rows_on_chip, chunk.b_rows);
    }
    plan.north_half_words = rows_on_chip * row_words;
    plan.index_half_words = rows_on_chip * index_words;
    plan.north_halves = halves(rows_on_chip);
    if (plan.north_halves == 0) return {};
    plan.result_tiles = result_tiles(task, schedule, nm, plan.layout.k_rows / nm.n, plan.result_tile, array);
    return plan;
}

}  // namespace satsim::schedule
