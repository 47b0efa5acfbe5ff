// When a loop has settled, and how many of its iterations may be left out at what cost in cycles.
#pragma once

#include <span>

#include "sim/fast/loop_log.hpp"

namespace satsim::fast {

struct Skip {
    std::int64_t iterations = 0;  // 0: not yet, or never
    Cycles cycles = 0;            // what they would have taken
};

// How long a loop is watched before its pace is believed.
struct SamplingRules {
    Cycles refresh_interval = 0;  // of the memory: a window covers whole intervals as nearly as it can
    Cycles window = 0;            // cycles of a window whose iterations differ
    Cycles steady_window = 0;     // enough when all of its iterations take equally long
};

// The pace of a loop whose iterations need not be alike (memory with refresh and rows), from the newest
// iterations of the engine that computes. `available` iterations may be left out.
[[nodiscard]] Skip sampled_skip(const LoopLog& log, std::int64_t available, const SamplingRules& rules);

// Exact: all engines of the level have done the same things in the same relative cycles for two periods.
// `walk_repeats(iterations)` says whether addresses repeat after so many.
template <typename WalkRepeats>
[[nodiscard]] Skip exact_skip(std::span<LoopLog* const> logs, std::int64_t available,
                              WalkRepeats&& walk_repeats);

// True if every log has done its last `period` iterations exactly like the `period` before, in as many
// cycles.
[[nodiscard]] bool repeats(std::span<LoopLog* const> logs, std::int64_t period);

template <typename WalkRepeats>
Skip exact_skip(std::span<LoopLog* const> logs, std::int64_t available, WalkRepeats&& walk_repeats) {
    std::int64_t longest = available;
    for (const LoopLog* log : logs)
        longest = std::min(longest, (static_cast<std::int64_t>(log->iterations.size()) - 2) / 2);
    for (std::int64_t period = 1; period <= longest; ++period) {
        if (!walk_repeats(period) || !repeats(logs, period)) continue;
        const auto& done = logs.front()->iterations;
        const Cycles cycles = done.back().at - done[done.size() - 1 - static_cast<std::size_t>(period)].at;
        const std::int64_t periods = available / period;
        return {periods * period, periods * cycles};
    }
    return {};
}

}  // namespace satsim::fast
