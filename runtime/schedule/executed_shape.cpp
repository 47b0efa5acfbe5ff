#include "runtime/schedule/executed_shape.hpp"

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
    return {round_up<std::int64_t>(task.shape.m, array.rows), first + std::int64_t{array.columns} * slots,
            layout.k_rows / layout.nm.n * layout.nm.m};
}

GemmShape weight_stationary(const GemmTask& task, const GemmSchedule& schedule,
                            const isa::ArrayConfig& array) {
    const WsPlan plan = plan_ws(task, schedule, array);
    return {round_up<std::int64_t>(task.shape.m, schedule.row_slots),
            round_up<std::int64_t>(task.shape.n, array.columns),
            static_cast<std::int64_t>(plan.passes.size()) * array.rows * plan.layout.nm.m};
}

}  // namespace

GemmShape executed_shape(const GemmTask& task, const GemmSchedule& schedule, const isa::ArrayConfig& array) {
    if (task.sums_positions()) return over_positions(task, schedule, array);
    return schedule.dataflow == Dataflow::WeightStationary ? weight_stationary(task, schedule, array)
                                                           : output_stationary(task, schedule, array);
}

}  // namespace satsim::schedule
