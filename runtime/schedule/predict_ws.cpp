#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "runtime/schedule/predict.hpp"
#include "runtime/schedule/tile_pipeline.hpp"

namespace satsim::schedule {
namespace {

// What weight-stationary operations take (contract.md 5). Passes over K are all counted as the mean one.
class WsCosts {
  public:
    WsCosts(const GemmTask& task, const GemmSchedule& schedule, const isa::ArrayConfig& array,
            const WsPlan& plan)
        : task_(task), schedule_(schedule), array_(array), plan_(plan), layout_(plan.layout) {}

    [[nodiscard]] std::int64_t passes() const { return static_cast<std::int64_t>(plan_.passes.size()); }
    [[nodiscard]] std::int64_t panels(std::int64_t columns) const {
        return ceil_div<std::int64_t>(columns, array_.columns);
    }

    // A's positions of a pass.
    [[nodiscard]] TransferCost west(std::int64_t positions) const {
        TransferCost cost;
        for (const Chunk& pass : plan_.passes) {
            for (const Segment& s : pass.segments) {
                cost += gather_cost(task_.gather, s.tap, static_cast<double>(positions),
                                    static_cast<double>(s.bytes), layout_.pitch_of(s.tap), array_,
                                    s.group * layout_.nm.m * 2);
                cost.pieces += kOperationSetUp;
            }
        }
        return cost * (1.0 / static_cast<double>(passes()));
    }

    // B's rows of a pass for one panel. Panels of one word of indices share its load.
    [[nodiscard]] TransferCost north(std::int64_t panels) const {
        TransferCost cost;
        for (const Chunk& pass : plan_.passes) {
            const auto rows = static_cast<double>(pass.b_rows);
            cost += transfer_cost(rows, 2.0 * array_.columns, static_cast<double>(layout_.b_pitch), array_,
                                  panel_step() * 2);
            cost.pieces += kOperationSetUp;
            if (layout_.nm.dense()) continue;
            TransferCost index =
                transfer_cost(rows, 8.0 * static_cast<double>(array_.index_row_words(1)),
                              static_cast<double>(layout_.indices_pitch), array_, index_step(panel_step()));
            index.pieces += kOperationSetUp;
            const std::int64_t words = ceil_div<std::int64_t>(panels * array_.columns, isa::kIndicesOfWord);
            cost += index * (static_cast<double>(std::min(words, panels)) / static_cast<double>(panels));
        }
        return cost * (1.0 / static_cast<double>(passes()));
    }

    // The results of one panel; the last may have fewer columns.
    [[nodiscard]] TransferCost stored(std::int64_t positions) const {
        const auto columns = static_cast<double>(std::min<std::int64_t>(array_.columns, task_.shape.n));
        TransferCost cost = transfer_cost(static_cast<double>(positions), columns * result_bytes(task_),
                                          static_cast<double>(layout_.c_pitch * task_.scatter.step_x), array_,
                                          panel_step() * result_bytes(task_));
        cost.pieces += kOperationSetUp;
        return cost;
    }

    // MAC slots that an operation takes.
    [[nodiscard]] double occupied(std::int64_t positions) const {
        return occupied_cycles(ceil_div<std::int64_t>(positions, schedule_.row_slots), layout_.nm.n,
                               layout_.nm.m, schedule_.row_slots, 1);
    }

    // Weights are put in once the last row has taken those before and the last step of the operation before
    // has begun, and the first step waits for them.
    [[nodiscard]] TilePipeline::Timing timing() const {
        const double feed = schedule_.row_slots * layout_.nm.m / 4.0;
        const double mac =
            static_cast<double>(layout_.nm.n) * std::max(schedule_.row_slots, isa::timing::kAccInterval);
        const double skew = (array_.rows - 1) * hop();
        TilePipeline::Timing timing;
        timing.feed = 1 + std::max(weights(), feed);
        timing.apart = (array_.rows - 1) * (hop() - 1);
        timing.last_step = std::max(mac, feed);
        timing.operands = std::max(0.0, skew + feed - mac - std::max(mac, feed));
        timing.results = skew + array_.columns - 1 + isa::timing::kWsLatency;
        return timing;
    }

  private:
    // Columns from one panel to the next; 0 where there is one.
    [[nodiscard]] std::int64_t panel_step() const {
        return task_.shape.n > array_.columns ? array_.columns : 0;
    }
    [[nodiscard]] double weights() const { return static_cast<double>(array_.rows) * layout_.nm.n; }
    // From a row of the array to the next.
    [[nodiscard]] double hop() const {
        return static_cast<double>(layout_.nm.n - 1) *
                   std::max(schedule_.row_slots, isa::timing::kAccInterval) +
               isa::timing::kWsHop;
    }

    const GemmTask& task_;
    const GemmSchedule& schedule_;
    const isa::ArrayConfig& array_;
    const WsPlan& plan_;
    const GemmLayout& layout_;
};

// A block of positions of a tile of columns.
struct Block {
    std::int64_t count = 1;   // one after the other
    std::int64_t passes = 1;  // over K
    std::int64_t panels = 1;
    TransferCost west;    // of a pass
    TransferCost north;   // of a panel's pass
    TransferCost stored;  // of a panel
    double occupied = 0;  // by one operation

    [[nodiscard]] double operations() const { return static_cast<double>(count * passes * panels); }
    [[nodiscard]] double lines() const {
        const auto times = static_cast<double>(count);
        const auto of_pass = static_cast<double>(panels);
        return times *
               (static_cast<double>(passes) * (west.lines + of_pass * north.lines) + of_pass * stored.lines);
    }
};

// Tiles of columns of one width.
struct Tiles {
    std::int64_t count = 1;
    std::vector<Block> blocks;
};

// size(count, width): whole ones, and the last with what they leave.
template <typename Size>
void for_sizes(std::int64_t total, std::int64_t whole, Size&& size) {
    if (total >= whole) size(total / whole, whole);
    if (total % whole > 0) size(std::int64_t{1}, total % whole);
}

std::vector<Tiles> tiles_of(const GemmTask& task, const GemmSchedule& schedule, const WsPlan& plan,
                            const WsCosts& costs) {
    std::vector<Tiles> all;
    for_sizes(task.shape.n, schedule.tile_n, [&](std::int64_t count, std::int64_t columns) {
        Tiles tiles{count, {}};
        for_sizes(task.gather.positions(), plan.block, [&](std::int64_t times, std::int64_t positions) {
            Block block;
            block.count = times;
            block.passes = costs.passes();
            block.panels = costs.panels(columns);
            block.west = costs.west(positions);
            block.north = costs.north(block.panels);
            block.stored = costs.stored(positions);
            block.occupied = costs.occupied(positions);
            tiles.blocks.push_back(block);
        });
        all.push_back(std::move(tiles));
    });
    return all;
}

void add_pass(const Block& block, bool last, TilePipeline& pipeline) {
    pipeline.load_west(block.west);
    for (std::int64_t panel = 0; panel < block.panels; ++panel) {
        pipeline.load_north(block.north);
        // From the first pass to the last a panel has the same place; those before it have been stored by
        // then.
        pipeline.compute(block.occupied, {.west = panel + 1 == block.panels, .north = true},
                         last ? 0 : static_cast<std::size_t>(panel));
        if (last) pipeline.store(0, block.stored, static_cast<int>(block.panels - panel));
    }
}

void add_block(const Block& block, TilePipeline& pipeline) {
    pipeline.repeat(block.passes - 1, [&] { add_pass(block, false, pipeline); });
    add_pass(block, true, pipeline);
}

}  // namespace

Estimate predict_ws(const GemmTask& task, const GemmSchedule& schedule, const MachineView& machine,
                    const WsPlan& plan) {
    const WsCosts costs(task, schedule, machine.array, plan);
    const std::vector<Tiles> all = tiles_of(task, schedule, plan, costs);
    TilePipeline pipeline({.west = 2, .north = 2, .results = static_cast<int>(2 * plan.panels)},
                          costs.timing(), machine.memory);
    pipeline.repeat(task.count, [&] {
        for (const Tiles& tiles : all) {
            pipeline.repeat(tiles.count, [&] {
                for (const Block& block : tiles.blocks)
                    pipeline.repeat(block.count, [&] { add_block(block, pipeline); });
            });
        }
    });
    double lines = 0;
    double least = 0;
    for (const Tiles& tiles : all) {
        for (const Block& block : tiles.blocks) {
            lines += static_cast<double>(tiles.count) * block.lines();
            least += static_cast<double>(tiles.count) * block.operations() * block.occupied;
        }
    }
    const auto products = static_cast<double>(task.count);
    return {static_cast<Cycles>(std::llround(pipeline.end())), lines * products,
            static_cast<Cycles>(std::floor(least * products))};
}

}  // namespace satsim::schedule
