#include "runtime/schedule/result_tiles.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/schedule/costs.hpp"
#include "runtime/schedule/tensor_layout.hpp"

namespace satsim::schedule {

std::uint8_t result_tiles(const GemmTask& task, const GemmSchedule& schedule, const NmPattern& nm,
                          std::int64_t steps, std::int64_t addresses, const isa::ArrayConfig& array) {
    const double compute = occupied_cycles(steps, nm.n, nm.m, schedule.row_slots, schedule.column_slots);
    const auto drain = static_cast<double>(addresses);
    const auto store = static_cast<double>(
        schedule.tile_m * ceil_div<std::int64_t>(schedule.tile_n * result_bytes(task), array.line_bytes()));
    const double skew = array.rows + array.columns + isa::timing::kDrainLatency + isa::timing::kOutLatency +
                        2 * isa::timing::kAddressSetup;
    const double period = std::max({compute, drain, store});
    const auto wanted = static_cast<std::int64_t>(std::ceil((drain + store + skew) / period)) + 2;
    return static_cast<std::uint8_t>(
        std::min<std::int64_t>({wanted, array.result_addresses / addresses, isa::kSemaphoreMax}));
}

}  // namespace satsim::schedule
