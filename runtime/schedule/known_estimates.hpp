// Estimates of one task's schedules on one machine, kept from one choice of dataflow to the next: `auto`
// takes those of `os` and of `ws`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/schedule/gemm_schedule.hpp"

namespace satsim::schedule {

// Whoever keeps it uses it for that task and machine alone; of the options, estimates depend on `interleave`,
// and on how many schedules are wanted which ones are estimated at all. Not for several threads at once.
class KnownEstimates {
  public:
    // What was kept for another `interleave` or `limit` is forgotten.
    void use_for(bool interleave, std::size_t limit) {
        const std::pair use(interleave, limit);
        if (use_ == use) return;
        *this = {};
        use_ = use;
    }

    // Output-stationary ones in the order in which they were found, by `find` the first time. They are looked
    // for first, so nothing else decides which.
    template <typename Find>
    const std::vector<GemmSchedule>& output_stationary(Find&& find) {
        if (!output_stationary_) output_stationary_ = find();
        return *output_stationary_;
    }
    // The weight-stationary one of so many row slots and panels, by `estimate` the first time; none where it
    // does not fit.
    template <typename Make>
    std::optional<GemmSchedule> weight_stationary(int row_slots, std::int64_t panels, Make&& estimate) {
        const auto [known, fresh] = weight_stationary_.try_emplace({row_slots, panels});
        if (fresh) known->second = estimate();
        return known->second;
    }

  private:
    std::pair<bool, std::size_t> use_{false, 0};
    std::optional<std::vector<GemmSchedule>> output_stationary_;
    std::map<std::pair<int, std::int64_t>, std::optional<GemmSchedule>> weight_stationary_;
};

}  // namespace satsim::schedule
