#include "runtime/schedule/executed_shape.hpp"

#include <algorithm>
#include <vector>

#include "runtime/schedule/emit_gemm_os.hpp"
#include "runtime/schedule/emit_gemm_ws.hpp"
#include "runtime/schedule/emit_gemm_wu.hpp"

namespace satsim::schedule {
namespace {

GemmShape over_positions(const GemmTask& task, const GemmSchedule& schedule, const isa::ArrayConfig& array) {
    const WuPlan plan = plan_wu(task, schedule, array);
    std::int64_t rows = 0;
    for (const RowTileGroup& group : plan.tiles)
        rows += group.repeat * group.tile.row_slots(array.rows) * array.rows;
    return {rows, round_up<std::int64_t>(task.shape.n, array.columns),
            round_up<std::int64_t>(task.shape.k, plan.layout.nm.m)};
}

GemmShape output_stationary(const GemmTask& task, const GemmSchedule& schedule,
                            const isa::ArrayConfig& array) {
    const GemmLayout layout = plan_os(task, schedule, array).layout;
    const std::int64_t first = (ceil_div(task.shape.n, schedule.tile_n) - 1) * schedule.tile_n;
    const int slots = column_slots_for(first, task.shape.n - first, layout.nm, array);
    const std::int64_t strips = task.shape.m / schedule.strip_rows;
    return {schedule.strip_rows * round_up<std::int64_t>(strips, array.rows),
            first + std::int64_t{array.columns} * slots, layout.k_rows / layout.nm.n * layout.nm.m};
}

GemmShape weight_stationary(const GemmTask& task, const GemmSchedule& schedule,
                            const isa::ArrayConfig& array) {
    const WsPlan plan = plan_ws(task, schedule, array);
    return {round_up<std::int64_t>(task.shape.m, schedule.row_slots),
            round_up<std::int64_t>(task.shape.n, array.columns),
            static_cast<std::int64_t>(plan.passes.size()) * array.rows * plan.layout.nm.m};
}

// Slots of a USPE that have a result to add to, of those that its tiles take.
struct Slots {
    double used = 0;
    double taken = 0;
    void add(std::int64_t tiles, std::int64_t slots) {
        used += static_cast<double>(tiles * slots);
        taken += static_cast<double>(tiles * std::max<std::int64_t>(slots, isa::timing::kAccInterval));
    }
    [[nodiscard]] double share() const { return taken > 0 ? used / taken : 1; }
};

// `count` equal tiles of `slots` slots each in one direction.
struct Tiles {
    std::int64_t count = 0;
    std::int64_t slots = 0;
};
std::vector<Tiles> tiles_of(std::int64_t size, std::int64_t tile, int unit, int slots) {
    const std::int64_t rest = size % tile;
    return {{size / tile, slots}, {rest > 0 ? 1 : 0, ceil_div<std::int64_t>(rest, unit)}};
}

}  // namespace

double slot_fit(const GemmTask& task, const GemmSchedule& schedule, const isa::ArrayConfig& array) {
    Slots slots;
    if (!task.sums_positions() && schedule.dataflow == Dataflow::WeightStationary) {
        slots.add(1, schedule.row_slots);
        return slots.share();
    }
    std::vector<Tiles> rows;
    if (task.sums_positions()) {
        for (const RowTileGroup& group : plan_wu(task, schedule, array).tiles)
            rows.push_back({group.repeat, group.tile.row_slots(array.rows)});
    } else {
        rows = tiles_of(task.shape.m / schedule.strip_rows, schedule.tile_m, array.rows, schedule.row_slots);
    }
    for (const Tiles& row : rows) {
        for (const Tiles& column :
             tiles_of(task.shape.n, schedule.tile_n, array.columns, schedule.column_slots))
            slots.add(row.count * column.count, row.slots * column.slots);
    }
    return slots.share();
}

GemmShape executed_shape(const GemmTask& task, const GemmSchedule& schedule, const isa::ArrayConfig& array) {
    if (task.sums_positions()) return over_positions(task, schedule, array);
    return schedule.dataflow == Dataflow::WeightStationary ? weight_stationary(task, schedule, array)
                                                           : output_stationary(task, schedule, array);
}

}  // namespace satsim::schedule
