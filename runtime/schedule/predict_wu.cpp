#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

#include "runtime/schedule/predict.hpp"
#include "runtime/schedule/tile_pipeline.hpp"

namespace satsim::schedule {
namespace {

// Tiles of dW of equal rows and columns.
struct DwTiles {
    std::int64_t count = 1;
    ChunkCost chunks;  // all but the last
    ChunkCost last;
    double drain = 0;
    TransferCost stored;
};

// Tiles of the same rows, all panels of columns beside each other.
struct DwRows {
    std::int64_t count = 1;
    std::vector<DwTiles> panels;
};

class WuCosts {
  public:
    WuCosts(const GemmTask& task, const GemmSchedule& schedule, const isa::ArrayConfig& array,
            const WuPlan& plan)
        : task_(task), schedule_(schedule), array_(array), plan_(plan) {}

    [[nodiscard]] std::vector<DwRows> rows() const {
        const std::int64_t panels = ceil_div(task_.shape.n, schedule_.tile_n);
        std::vector<DwRows> found;
        for (const RowTileGroup& group : plan_.tiles) {
            DwRows rows;
            rows.count = group.repeat;
            if (panels > 1) rows.panels.push_back(tiles(panels - 1, group, schedule_.tile_n));
            rows.panels.push_back(tiles(1, group, task_.shape.n - (panels - 1) * schedule_.tile_n));
            found.push_back(std::move(rows));
        }
        return found;
    }

  private:
    [[nodiscard]] DwTiles tiles(std::int64_t count, const RowTileGroup& group, std::int64_t columns) const {
        const RowTile& rows = group.tile;
        const std::int64_t chunks = ceil_div(task_.shape.k, plan_.chunk_positions);
        const int sr = rows.row_slots(array_.rows);
        const auto sc = static_cast<int>(ceil_div<std::int64_t>(columns, array_.columns));
        DwTiles tiles;
        tiles.count = count;
        tiles.chunks = chunk(chunks - 1, plan_.chunk_positions, group, sr, sc);
        tiles.last = chunk(1, task_.shape.k - (chunks - 1) * plan_.chunk_positions, group, sr, sc);
        tiles.drain = static_cast<double>(std::min<std::int64_t>(rows.rows(), array_.rows) * sr * sc);
        tiles.stored = transfer_cost(
            static_cast<double>(rows.rows()), static_cast<double>(columns) * result_bytes(task_),
            static_cast<double>(plan_.layout.c_pitch), array_, panel_step() * result_bytes(task_));
        tiles.stored.pieces += kOperationSetUp * static_cast<double>(rows.runs.size());
        return tiles;
    }

    // Columns from one panel to the next; 0 where there is one.
    [[nodiscard]] std::int64_t panel_step() const {
        return task_.shape.n > schedule_.tile_n ? schedule_.tile_n : 0;
    }

    [[nodiscard]] ChunkCost chunk(std::int64_t count, std::int64_t positions, const RowTileGroup& group,
                                  int sr, int sc) const {
        const NmPattern nm = plan_.layout.nm;
        ChunkCost cost;
        cost.count = count;
        for (const RowRun& run : group.tile.runs) {
            cost.west += gather_cost(task_.gather, run.tap, static_cast<double>(positions),
                                     static_cast<double>(run.words()) * 8, plan_.layout.pitch_of(run.tap),
                                     array_, 2 * std::gcd(run.channel, group.channel_step));
            cost.west.pieces += kOperationSetUp;
        }
        // Rows of zeros behind the last position are none of the matrix.
        const auto north = positions % nm.m == 0 ? matrix_cost : transfer_cost;
        cost.north = north(static_cast<double>(round_up<std::int64_t>(positions, nm.m)),
                           static_cast<double>(array_.columns) * sc * 2,
                           static_cast<double>(plan_.layout.b_pitch), array_, panel_step() * 2);
        cost.north.pieces += kOperationSetUp;
        cost.compute = occupied_cycles(ceil_div<std::int64_t>(positions, nm.m), nm.n, nm.m, sr, sc);
        return cost;
    }

    const GemmTask& task_;
    const GemmSchedule& schedule_;
    const isa::ArrayConfig& array_;
    const WuPlan& plan_;
};

void add_tile(const DwTiles& tile, TilePipeline& pipeline) {
    const auto compute = [&](const ChunkCost& chunk, std::optional<std::size_t> results) {
        pipeline.load_west(chunk.west);
        pipeline.load_north(chunk.north);
        pipeline.compute(chunk.compute, {.west = true, .north = true}, results);
    };
    pipeline.repeat(tile.chunks.count, [&] { compute(tile.chunks, {}); });
    compute(tile.last, 0);
    pipeline.store(tile.drain, tile.stored);
}

}  // namespace

Estimate predict_wu(const GemmTask& task, const GemmSchedule& schedule, const MachineView& machine,
                    const WuPlan& plan) {
    const std::vector<DwRows> all = WuCosts(task, schedule, machine.array, plan).rows();
    const NmPattern nm = plan.layout.nm;
    TilePipeline pipeline({.west = 2, .north = 2, .results = plan.result_tiles},
                          os_timing(machine.array, nm, schedule.row_slots, schedule.column_slots, true),
                          machine.memory);
    pipeline.repeat(task.count, [&] {
        for (const DwRows& rows : all) {
            pipeline.repeat(rows.count, [&] {
                for (const DwTiles& tiles : rows.panels)
                    pipeline.repeat(tiles.count, [&] { add_tile(tiles, pipeline); });
            });
        }
    });
    double lines = 0;
    double least = 0;
    for (const DwRows& rows : all) {
        for (const DwTiles& tiles : rows.panels) {
            const double times = static_cast<double>(rows.count * tiles.count);
            for (const ChunkCost* chunk : {&tiles.chunks, &tiles.last}) {
                const double chunks = times * static_cast<double>(chunk->count);
                lines += chunks * (chunk->west.lines + chunk->north.lines);
                least += chunks * chunk->compute;
            }
            lines += times * tiles.stored.lines;
        }
    }
    const auto products = static_cast<double>(task.count);
    return {static_cast<Cycles>(std::llround(pipeline.end())), lines * products,
            static_cast<Cycles>(std::floor(least * products))};
}

}  // namespace satsim::schedule
