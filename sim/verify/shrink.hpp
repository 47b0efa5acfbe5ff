// Makes a failing case small: greedy, one reduction after the other, as long as it still fails.
#pragma once

#include <chrono>
#include <functional>

#include "sim/verify/case.hpp"

namespace satsim::verify {

struct ShrinkLimits {
    int runs = 2000;
    std::chrono::milliseconds time = std::chrono::seconds(30);
};

struct Shrunk {
    Case smallest;
    int runs = 0;         // cases tried
    int steps = 0;        // reductions kept
    bool minimal = true;  // false: a limit ended it; no reduction of a minimal case fails
};

// fails(c): the case still shows the mismatch. `failing` itself is not tried.
[[nodiscard]] Shrunk shrink(const Case& failing, const std::function<bool(const Case&)>& fails,
                            const ShrinkLimits& limits = {});

}  // namespace satsim::verify
