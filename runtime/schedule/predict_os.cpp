#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "runtime/schedule/predict.hpp"
#include "runtime/schedule/tile_pipeline.hpp"

namespace satsim::schedule {
namespace {

// Equal row tiles of a panel.
struct RowTiles {
    std::int64_t count = 1;
    std::vector<ChunkCost> chunks;
    double drain = 0;
    TransferCost stored;
};

// Equal panels of columns.
struct Panels {
    std::int64_t count = 1;
    TransferCost resident;  // the whole panel of B, where it stays on chip
    std::vector<RowTiles> tiles;
};

class OsCosts {
  public:
    OsCosts(const GemmTask& task, const GemmSchedule& schedule, const isa::ArrayConfig& array,
            const OsPlan& plan)
        : task_(task), schedule_(schedule), array_(array), plan_(plan), layout_(plan.layout) {}

    [[nodiscard]] bool columns_outside() const { return schedule_.order == LoopOrder::ColumnsOutside; }
    [[nodiscard]] bool streams() const { return !columns_outside() || !schedule_.b_resident; }

    [[nodiscard]] std::vector<Panels> panels() const {
        const std::int64_t count = ceil_div(task_.shape.n, schedule_.tile_n);
        const std::int64_t first = (count - 1) * schedule_.tile_n;
        const std::int64_t last = task_.shape.n - first;
        const std::vector<WestTiles> west = west_tiles();
        std::vector<Panels> found;
        if (count > 1) found.push_back(panels(count - 1, schedule_.tile_n, schedule_.column_slots, west));
        found.push_back(panels(1, last, column_slots_for(first, last, layout_.nm, array_), west));
        return found;
    }

  private:
    // Row tiles of one size: what is the same for all panels.
    struct WestTiles {
        std::int64_t count = 1;
        std::int64_t rows = 0;
        std::vector<ChunkCost> chunks;  // with A's transfers
    };

    [[nodiscard]] std::vector<WestTiles> west_tiles() const {
        const std::int64_t rows = plan_.strip.gather.positions();
        const std::vector<ChunkRun> runs = chunk_runs(plan_.chunks);
        std::vector<WestTiles> found;
        const auto add = [&](std::int64_t count, std::int64_t size) {
            WestTiles tiles{count, size, {}};
            for (const ChunkRun& run : runs) {
                ChunkCost cost;
                cost.count = run.count;
                for (const Segment& s : plan_.fetched(plan_.chunks[run.first]).segments)
                    cost.west += west(static_cast<double>(size), s);
                tiles.chunks.push_back(cost);
            }
            found.push_back(std::move(tiles));
        };
        if (rows >= schedule_.tile_m) add(rows / schedule_.tile_m, schedule_.tile_m);
        if (rows % schedule_.tile_m > 0) add(1, rows % schedule_.tile_m);
        return found;
    }

    [[nodiscard]] Panels panels(std::int64_t count, std::int64_t columns, int slots,
                                const std::vector<WestTiles>& west) const {
        Panels panels;
        panels.count = count;
        if (!streams()) panels.resident = north(layout_.k_rows, slots);
        for (const WestTiles& tiles : west) panels.tiles.push_back(row_tiles(tiles, columns, slots));
        return panels;
    }

    [[nodiscard]] RowTiles row_tiles(const WestTiles& west, std::int64_t columns, int slots) const {
        RowTiles tiles{west.count, west.chunks, 0, {}};
        const int sr =
            std::min(schedule_.row_slots, static_cast<int>(ceil_div<std::int64_t>(west.rows, array_.rows)));
        std::size_t first = 0;  // chunk of plan_.chunks
        for (ChunkCost& cost : tiles.chunks) {
            const Chunk& chunk = plan_.chunks[first];
            for (const Segment& s : chunk.segments)
                cost.compute += occupied_cycles(s.groups, layout_.nm.n, layout_.nm.m, sr, slots);
            if (streams()) cost.north = north(chunk.b_rows, slots);
            first += static_cast<std::size_t>(cost.count);
        }
        const auto rows = static_cast<double>(west.rows);
        tiles.drain = std::min<double>(array_.rows, rows) * sr * slots;
        tiles.stored = transfer_cost(rows, static_cast<double>(columns) * result_bytes(task_),
                                     static_cast<double>(layout_.c_pitch * task_.scatter.step_x), array_,
                                     panel_step() * result_bytes(task_));
        tiles.stored.pieces += kOperationSetUp;
        return tiles;
    }

    // Columns from one panel to the next; 0 where there is one.
    [[nodiscard]] std::int64_t panel_step() const {
        return task_.shape.n > schedule_.tile_n ? schedule_.tile_n : 0;
    }

    [[nodiscard]] TransferCost west(double rows, const Segment& s) const {
        TransferCost cost = gather_cost(plan_.strip.gather, s.tap, rows, static_cast<double>(s.bytes),
                                        layout_.pitch_of(s.tap), array_, s.group * layout_.nm.m * 2);
        cost.pieces += kOperationSetUp;
        return cost;
    }

    [[nodiscard]] TransferCost north(std::int64_t b_rows, int slots) const {
        const auto rows = static_cast<double>(b_rows);
        const double width = static_cast<double>(array_.columns) * slots;
        TransferCost cost =
            matrix_cost(rows, width * 2, static_cast<double>(layout_.b_pitch), array_, panel_step() * 2);
        cost.pieces += kOperationSetUp;
        if (layout_.nm.dense()) return cost;
        cost += matrix_cost(rows, 8.0 * static_cast<double>(array_.index_row_words(slots)),
                            static_cast<double>(layout_.indices_pitch), array_, index_step(panel_step()));
        cost.pieces += kOperationSetUp;
        return cost;
    }

    const GemmTask& task_;
    const GemmSchedule& schedule_;
    const isa::ArrayConfig& array_;
    const OsPlan& plan_;
    const GemmLayout& layout_;
};

// The program of one product, as OsEmitter writes it.
class OsPipeline {
  public:
    OsPipeline(const std::vector<Panels>& panels, int strip_rows, TilePipeline& pipeline)
        : panels_(panels), strip_rows_(strip_rows), pipeline_(pipeline) {}

    // Panels of columns outside: B stays, or streams beside A.
    void columns_outside(bool streams) {
        for (const Panels& panels : panels_) {
            pipeline_.repeat(panels.count, [&] {
                if (!streams) pipeline_.load_north(panels.resident);
                for (const RowTiles& tiles : panels.tiles) {
                    const bool last = &tiles == &panels.tiles.back();
                    pipeline_.repeat(tiles.count - 1, [&] { tile(tiles, streams, streams); });
                    tile(tiles, streams, streams || last);
                }
            });
        }
    }

    // Row tiles outside: A stays.
    void rows_outside() {
        const std::size_t sizes = panels_.front().tiles.size();
        for (std::size_t size = 0; size < sizes; ++size) {
            pipeline_.repeat(panels_.front().tiles[size].count, [&] {
                pipeline_.load_west(panels_.front().tiles[size].chunks.front().west);
                for (const Panels& panels : panels_) {
                    const RowTiles& tiles = panels.tiles[size];
                    const bool last = &panels == &panels_.back();
                    pipeline_.repeat(panels.count - 1, [&] { panel(tiles, false); });
                    panel(tiles, last);
                }
            });
        }
    }

  private:
    void tile(const RowTiles& tiles, bool streams, bool frees_north) {
        for (const ChunkCost& chunk : tiles.chunks) {
            const bool last = &chunk == &tiles.chunks.back();
            pipeline_.repeat(chunk.count - (last ? 1 : 0), [&] {
                pipeline_.load_west(chunk.west);
                if (streams) pipeline_.load_north(chunk.north);
                pipeline_.compute(chunk.compute, {.west = true, .north = streams}, {});
            });
            if (!last) continue;
            pipeline_.load_west(chunk.west);
            if (streams) pipeline_.load_north(chunk.north);
            finish(tiles, {.west = true, .north = frees_north});
        }
    }

    void panel(const RowTiles& tiles, bool last) {
        pipeline_.load_north(tiles.chunks.front().north);
        finish(tiles, {.west = last, .north = true});
    }

    // The last chunk's operations, of every row of a strip.
    void finish(const RowTiles& tiles, TilePipeline::Frees frees) {
        const double compute = tiles.chunks.back().compute;
        for (int left = strip_rows_; left > 1; --left) {
            pipeline_.compute(compute, {.west = false, .north = false}, 0);
            pipeline_.store(tiles.drain, tiles.stored, left);
        }
        pipeline_.compute(compute, frees, 0);
        pipeline_.store(tiles.drain, tiles.stored);
    }

    const std::vector<Panels>& panels_;
    int strip_rows_;
    TilePipeline& pipeline_;
};

}  // namespace

TilePipeline::Timing os_timing(const isa::ArrayConfig& array, const NmPattern& nm, int sr, int sc,
                               bool transposed) {
    const double feed = transposed ? sr * nm.m : sr * nm.m / 4.0;
    const double mac = static_cast<double>(nm.n) * std::max(sr * sc, isa::timing::kAccInterval);
    const int skew = array.rows - 1;
    TilePipeline::Timing timing;
    timing.feed = 1 + feed;
    timing.last_step = std::max(mac, feed);
    timing.operands = std::max(0.0, skew + feed - mac - std::max(mac, feed));
    timing.leaving = skew + array.columns - 1 + isa::timing::kOutLatency;
    timing.results = *timing.leaving + isa::timing::kDrainLatency;
    return timing;
}

Estimate predict_os(const GemmTask& task, const GemmSchedule& schedule, const MachineView& machine,
                    const OsPlan& plan) {
    const OsCosts costs(task, schedule, machine.array, plan);
    const std::vector<Panels> panels = costs.panels();
    const auto products = static_cast<double>(task.count);
    const auto strip_rows = static_cast<double>(plan.strip.rows);
    const NmPattern nm = plan.layout.nm;
    TilePipeline pipeline({.west = 2, .north = plan.north_halves, .results = plan.result_tiles},
                          os_timing(machine.array, nm, schedule.row_slots, schedule.column_slots, false),
                          machine.memory);
    OsPipeline program(panels, plan.strip.rows, pipeline);
    pipeline.repeat(task.count, [&] {
        if (costs.columns_outside()) {
            program.columns_outside(costs.streams());
        } else {
            program.rows_outside();
        }
    });

    double lines = 0;
    double least = 0;
    for (const Panels& panel : panels) {
        const bool first = &panel == &panels.front();
        const auto count = static_cast<double>(panel.count);
        lines += count * panel.resident.lines;
        for (const RowTiles& tiles : panel.tiles) {
            const double times = count * static_cast<double>(tiles.count);
            for (const ChunkCost& chunk : tiles.chunks) {
                const auto chunks = static_cast<double>(chunk.count);
                least += times * chunks * strip_rows * chunk.compute;
                lines += times * chunks * chunk.north.lines;
                // With the rows outside A comes once for all panels.
                if (costs.columns_outside())
                    lines += times * chunks * chunk.west.lines;
                else if (first)
                    lines += static_cast<double>(tiles.count) * chunks * chunk.west.lines;
            }
            lines += times * strip_rows * tiles.stored.lines;
        }
    }
    return {static_cast<Cycles>(std::llround(pipeline.end())), lines * products,
            static_cast<Cycles>(std::floor(least * products))};
}

}  // namespace satsim::schedule
