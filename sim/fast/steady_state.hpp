// When a loop has settled, and how many of its iterations may be left out at what cost in cycles.
#pragma once

#include <optional>

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

// When the loop's first iterations, in which pipelines and buffers fill, were over; nothing before that.
[[nodiscard]] std::optional<Cycles> settled_from(const LoopLog& log);

// The pace of a loop whose iterations need not be alike (memory with refresh and rows), from the newest
// iterations of an engine behind those first ones and from cycle `from` on. `available` iterations may be
// left out.
[[nodiscard]] Skip sampled_skip(const LoopLog& log, std::int64_t available, const SamplingRules& rules,
                                Cycles from);

}  // namespace satsim::fast
