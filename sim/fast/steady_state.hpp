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

// Exact: all engines of the loop have done the same things in the same relative cycles and at the same
// addresses, counted from a burst boundary, for two periods that began after `quiet_since`.
[[nodiscard]] Skip exact_skip(std::span<LoopLog* const> logs, std::int64_t available, Cycles quiet_since);

}  // namespace satsim::fast
