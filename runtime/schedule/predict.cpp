#include "runtime/schedule/predict.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace satsim::schedule {
namespace {

using isa::timing::kAccInterval;

// Cycles of one tile on each resource, in steady state.
struct TileCost {
    double compute = 0;       // STCE
    double drain = 0;         // result path
    double load = 0;          // LOAD's address generator
    double store = 0;         // STORE's
    double lines = 0;         // memory lines, both directions
    double turns = 0;         // cycles of the memory bus beside them
    double half_load = 0;     // longest load of one half of a double buffer, latency included
    double half_compute = 0;  // and the computation that it feeds
};

double round_trip(const dram::MemoryConfig& memory) {
    if (memory.kind == dram::MemoryKind::Ideal) return memory.ideal_latency + 4;
    return memory.ddr4.ctrl + memory.ddr4.rcd + memory.ddr4.cl + memory.ddr4.phy + 4;
}

// The slowest resource sets the pace; a double buffer also bounds it by half of fill and use one after the
// other.
double period(const TileCost& tile, double share, double halves) {
    const double alternating =
        halves >= 2 ? (tile.half_load + tile.half_compute) / 2 : tile.half_load + tile.half_compute;
    const double parts = tile.half_compute > 0 ? tile.compute / tile.half_compute : 1;
    return std::max({tile.compute, tile.drain, tile.load, tile.store, (tile.lines + tile.turns) / share,
                     alternating * parts});
}

// Turning the bus around for a group of written lines and back again.
double turnaround(const dram::MemoryConfig& memory) {
    return memory.kind == dram::MemoryKind::Ideal ? 0 : memory.ddr4.wtr + memory.ddr4.rtw;
}

// Equal row tiles: whole ones, and the last with what they leave.
struct RowTiles {
    std::int64_t rows = 0;
    double tiles = 1;
};

std::vector<RowTiles> row_tiles_of(std::int64_t rows, std::int64_t tile) {
    std::vector<RowTiles> tiles;
    if (rows >= tile) tiles.push_back({tile, static_cast<double>(rows / tile)});
    if (rows % tile != 0) tiles.push_back({rows % tile, 1});
    return tiles;
}

// Of the positions, those where a tap reads an input row and no zeros above or below.
double share_inside(const Gather& gather, int tap) {
    const int dy = gather.taps[static_cast<std::size_t>(tap)].dy;
    const int first = std::max(0, ceil_div(-dy, gather.stride_y));
    const int last = std::min(gather.grid_h - 1, (gather.in_h - 1 - dy) / gather.stride_y);
    return gather.in_h > dy ? static_cast<double>(std::max(0, last - first + 1)) / gather.grid_h : 0;
}

// Of all the task's products, from one's.
Estimate estimate(const GemmTask& task, double cycles, double lines, double least) {
    const auto count = static_cast<double>(task.count);
    return {static_cast<Cycles>(std::llround(cycles * count)), lines * count,
            static_cast<Cycles>(std::floor(least * count))};
}

}  // namespace

TransferCost transfer_cost(double positions, double bytes, double pitch, double line_bytes) {
    const auto step = static_cast<std::int64_t>(std::max(pitch, 8.0));
    const auto grain = static_cast<double>(std::gcd(step, static_cast<std::int64_t>(line_bytes)));
    const double touched = 1 + std::max(0.0, bytes - std::min(grain, bytes)) / line_bytes;
    TransferCost cost;
    cost.pieces = positions * touched;
    if (bytes > pitch) {
        // Overlapping runs: LOAD keeps two lines, so each is read once where two runs never share three.
        const bool kept = bytes - pitch <= line_bytes + grain;
        cost.lines = kept ? (positions * pitch + bytes - pitch) / line_bytes : cost.pieces;
        cost.lines = std::min(cost.lines, cost.pieces);
        return cost;
    }
    const bool neighbours_share = pitch < line_bytes || (bytes >= pitch && grain < line_bytes);
    cost.lines =
        neighbours_share ? std::max(1.0, positions * std::max(pitch, bytes) / line_bytes) : cost.pieces;
    cost.lines = std::min(cost.lines, cost.pieces);
    return cost;
}

double occupied_cycles(std::int64_t steps, int n, int m, int sr, int sc) {
    const double mac = static_cast<double>(n) * std::max(sr * sc, kAccInterval);
    const double feed = static_cast<double>(sr) * m / 4;
    return static_cast<double>(steps) * std::max(mac, feed);
}

double refresh_share(const dram::MemoryConfig& memory) {
    if (memory.kind == dram::MemoryKind::Ideal) return 1;
    return 1 - static_cast<double>(memory.ddr4.rfc + memory.ddr4.rp + memory.ddr4.rcd) / memory.ddr4.refi;
}

Estimate predict_os(const GemmTask& task, const GemmSchedule& schedule, const MachineView& machine,
                    const OsPlan& plan) {
    const GemmLayout& layout = plan.layout;
    const isa::ArrayConfig& array = machine.array;
    const double line = array.line_bytes();
    const Gather& gather = plan.strip.gather;
    const auto strip_rows = static_cast<double>(plan.strip.rows);
    const bool streams = schedule.order == LoopOrder::RowsOutside || !schedule.b_resident;
    const double element = task.out == ElementType::Fp16 ? 2 : 4;
    const double latency = round_trip(machine.memory);
    const double share = refresh_share(machine.memory);
    const auto column_tiles = static_cast<double>(ceil_div(task.shape.n, schedule.tile_n));

    const auto north = [&](double b_rows, int slots) {
        const double width = static_cast<double>(array.columns) * slots;
        TransferCost cost = transfer_cost(b_rows, width * 2, static_cast<double>(layout.b_pitch), line);
        if (!layout.nm.dense()) {
            const TransferCost index =
                transfer_cost(b_rows, 8.0 * static_cast<double>(array.index_row_words(slots)),
                              static_cast<double>(layout.indices_pitch), line);
            cost.pieces += index.pieces;
            cost.lines += index.lines;
        }
        return cost;
    };

    double total = 0;
    double fill = 0;  // first loads and last stores, that nothing overlaps
    double lines = 0;
    double least = 0;
    for (const bool tail : {false, true}) {
        const double panels = tail ? 1 : column_tiles - 1;
        if (panels <= 0) continue;
        const std::int64_t first = (ceil_div(task.shape.n, schedule.tile_n) - 1) * schedule.tile_n;
        const std::int64_t columns = tail ? task.shape.n - first : schedule.tile_n;
        const int sc = tail ? column_slots_for(first, columns, layout.nm, array) : schedule.column_slots;
        const double halves = streams ? std::min(plan.west_halves, plan.north_halves) : plan.west_halves;
        double panel = 0;
        double panel_fill = 0;  // of its larger tiles
        for (const RowTiles& part : row_tiles_of(gather.positions(), schedule.tile_m)) {
            const auto tile_rows = static_cast<double>(part.rows);
            const int sr =
                std::min(schedule.row_slots, static_cast<int>(ceil_div<std::int64_t>(part.rows, array.rows)));
            TileCost tile;
            for (const Chunk& chunk : plan.chunks) {
                double chunk_load = latency;
                double chunk_compute = 0;
                for (const Segment& s : chunk.segments)
                    chunk_compute += strip_rows * occupied_cycles(s.groups, layout.nm.n, layout.nm.m, sr, sc);
                for (const Segment& s : plan.fetched(chunk).segments) {
                    TransferCost cost = transfer_cost(
                        tile_rows, static_cast<double>(s.bytes),
                        static_cast<double>(gather.stride_x) * static_cast<double>(layout.pitch_of(s.tap)),
                        line);
                    cost.lines *= share_inside(gather, s.tap);
                    const double repeats = schedule.order == LoopOrder::RowsOutside ? 1 / column_tiles : 1;
                    tile.load += (cost.pieces + 6) * repeats;
                    tile.lines += cost.lines * repeats;
                    chunk_load += (cost.pieces + 6) * repeats;
                }
                if (streams) {
                    const TransferCost cost = north(static_cast<double>(chunk.b_rows), sc);
                    tile.load += cost.pieces + 12;
                    tile.lines += cost.lines;
                    chunk_load += cost.pieces + 12;
                }
                tile.compute += chunk_compute;
                if (chunk_load > tile.half_load) {
                    tile.half_load = chunk_load;
                    tile.half_compute = chunk_compute;
                }
            }
            tile.drain = strip_rows * std::min<double>(array.rows, tile_rows) * sr * sc;
            const TransferCost stored =
                transfer_cost(tile_rows, static_cast<double>(columns) * element,
                              static_cast<double>(layout.c_pitch * task.scatter.step_x), line);
            tile.store = strip_rows * (stored.pieces + 8);
            tile.lines += strip_rows * stored.lines;
            tile.turns = strip_rows * turnaround(machine.memory);
            panel += part.tiles * period(tile, share, halves);
            lines += panels * part.tiles * tile.lines;
            least += panels * part.tiles * tile.compute;
            if (panel_fill == 0)
                panel_fill = tile.half_load + (tile.drain + tile.store) / strip_rows + latency + array.rows +
                             array.columns;
        }
        if (!streams) {
            const TransferCost cost = north(static_cast<double>(layout.k_rows), sc);
            lines += panels * cost.lines;
            panel += std::max(cost.pieces, cost.lines / share) + latency;
        }
        total += panels * panel;
        fill += panels * panel_fill;
    }
    // One product's first loads and last stores lie beside the next one's computation.
    return estimate(task, total + fill / static_cast<double>(task.count), lines, least);
}

Estimate predict_wu(const GemmTask& task, const GemmSchedule& schedule, const MachineView& machine,
                    const WuPlan& plan) {
    const GemmLayout& layout = plan.layout;
    const isa::ArrayConfig& array = machine.array;
    const double line = array.line_bytes();
    const double latency = round_trip(machine.memory);
    const double share = refresh_share(machine.memory);
    const double element = task.out == ElementType::Fp16 ? 2 : 4;
    const auto positions = static_cast<double>(task.shape.k);
    const auto chunk = std::min(positions, static_cast<double>(plan.chunk_positions));
    const double chunks = positions / chunk;
    double total = 0;
    double lines = 0;
    double least = 0;
    for (const RowTileGroup& group : plan.tiles) {
        const auto rows = static_cast<double>(group.tile.rows());
        const int sr = group.tile.row_slots(array.rows);
        const std::int64_t panels = ceil_div(task.shape.n, schedule.tile_n);
        for (std::int64_t panel = 0; panel < panels; ++panel) {
            const std::int64_t columns = std::min(schedule.tile_n, task.shape.n - panel * schedule.tile_n);
            const int sc = static_cast<int>(ceil_div<std::int64_t>(columns, array.columns));
            TileCost tile;
            tile.compute =
                occupied_cycles(ceil_div<std::int64_t>(static_cast<std::int64_t>(chunk), layout.nm.m),
                                layout.nm.n, layout.nm.m, sr, sc);
            for (const RowRun& run : group.tile.runs) {
                const TransferCost cost =
                    transfer_cost(chunk, static_cast<double>(run.words()) * 8,
                                  static_cast<double>(layout.pitch_of(run.tap) * task.gather.stride_x), line);
                tile.load += cost.pieces + 6;
                tile.lines += cost.lines;
            }
            const TransferCost north = transfer_cost(chunk, static_cast<double>(array.columns) * sc * 2,
                                                     static_cast<double>(layout.b_pitch), line);
            tile.load += north.pieces + 6;
            tile.lines += north.lines;
            tile.half_load = tile.load + latency;
            tile.half_compute = tile.compute;
            const TransferCost stored = transfer_cost(rows, static_cast<double>(columns) * element,
                                                      static_cast<double>(layout.c_pitch), line);
            const double drain = std::min<double>(rows, array.rows) * sr * sc;
            const double sweep = chunks * period(tile, share, 2);
            const double moved = chunks * tile.lines + stored.lines;
            const auto repeat = static_cast<double>(group.repeat);
            lines += repeat * moved;
            least += repeat * chunks * tile.compute;
            total += repeat * std::max({sweep, moved / share, drain, stored.pieces});
        }
    }
    total += latency + chunk + array.rows + array.columns;
    return estimate(task, total, lines, least);
}

Estimate predict_ws(const GemmTask& task, const GemmSchedule& schedule, const MachineView& machine,
                    const WsPlan& plan) {
    const GemmLayout& layout = plan.layout;
    const isa::ArrayConfig& array = machine.array;
    const double line = array.line_bytes();
    const double latency = round_trip(machine.memory);
    const double share = refresh_share(machine.memory);
    const int n = layout.nm.n;
    const int sr = schedule.row_slots;
    const auto rows = static_cast<double>(task.gather.positions());
    const double block = std::min(rows, static_cast<double>(plan.block));
    const auto tiles = static_cast<double>(ceil_div(task.shape.n, schedule.tile_n));
    const auto panels =
        std::min(static_cast<double>(plan.panels), static_cast<double>(task.shape.n) / array.columns);
    const double element = task.out == ElementType::Fp16 ? 2 : 4;

    const double hop = static_cast<double>(n - 1) * std::max(sr, kAccInterval) + isa::timing::kWsHop;
    const double depth = (array.rows - 1) * hop + array.columns + isa::timing::kWsLatency;
    const double weights = static_cast<double>(array.rows) * n;
    const double occupied =
        occupied_cycles(static_cast<std::int64_t>(std::ceil(block / sr)), n, layout.nm.m, sr, 1);

    TileCost tile;
    for (const Chunk& pass : plan.passes) {
        double load = 0;
        for (const Segment& s : pass.segments) {
            const TransferCost cost = transfer_cost(
                block, static_cast<double>(s.bytes),
                static_cast<double>(task.gather.stride_x) * static_cast<double>(layout.pitch_of(s.tap)),
                line);
            load += cost.pieces + 6;
            tile.lines += cost.lines;
        }
        const auto b_rows = static_cast<double>(pass.b_rows);
        const TransferCost values =
            transfer_cost(b_rows, 2.0 * array.columns, static_cast<double>(layout.b_pitch), line);
        load += panels * (values.pieces + 6);
        tile.lines += panels * values.lines;
        if (!layout.nm.dense()) {
            const TransferCost index =
                transfer_cost(b_rows, 8.0 * static_cast<double>(array.index_row_words(1)),
                              static_cast<double>(layout.indices_pitch), line);
            // Panels of one word share its loads.
            const auto word_panels =
                static_cast<double>(std::max<std::int64_t>(1, isa::kIndicesOfWord / array.columns));
            const double loads = std::max(std::min(panels, 1.0), panels / word_panels);
            load += loads * (index.pieces + 6);
            tile.lines += loads * index.lines;
        }
        tile.load += load;
        tile.half_load = std::max(tile.half_load, load + latency);
        // Panels follow each other as soon as the half of the weights is free; a panel that goes on with
        // partial sums waits for its whole pass before.
        const double turn =
            std::max({occupied, (array.rows - 1) * (hop - 1) + sr * layout.nm.m / 4.0, weights});
        tile.compute +=
            plan.passes.size() > 1 ? std::max(panels * turn, weights + occupied + depth) : panels * turn;
    }
    tile.half_compute = tile.compute / static_cast<double>(plan.passes.size());
    const TransferCost stored =
        transfer_cost(block, std::min<double>(array.columns, static_cast<double>(task.shape.n)) * element,
                      static_cast<double>(layout.c_pitch * task.scatter.step_x), line);
    tile.store = panels * (stored.pieces + 8);
    tile.lines += panels * stored.lines;
    tile.turns = turnaround(machine.memory);
    const double blocks = tiles * std::ceil(rows / block);
    const double least = rows / block * static_cast<double>(plan.passes.size()) *
                         static_cast<double>(ceil_div<std::int64_t>(task.shape.n, array.columns)) * occupied;
    const double total =
        blocks * period(tile, share, 2) + tile.half_load + weights + occupied + depth + tile.store + latency;
    return estimate(task, total, blocks * tile.lines, least);
}

}  // namespace satsim::schedule
