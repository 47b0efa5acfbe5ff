#include "sim/verify/shrink.hpp"

#include "sim/verify/reductions.hpp"

namespace satsim::verify {

Shrunk shrink(const Case& failing, const std::function<bool(const Case&)>& fails,
              const ShrinkLimits& limits) {
    const auto deadline = std::chrono::steady_clock::now() + limits.time;
    Shrunk result;
    result.smallest = failing;
    for (bool reduced = true; reduced;) {
        Case next;
        reduced = visit_reductions(result.smallest, [&](const Case& smaller) {
            if (result.runs == limits.runs || std::chrono::steady_clock::now() >= deadline) {
                result.minimal = false;
                return false;
            }
            ++result.runs;
            if (!fails(smaller)) return false;
            next = smaller;
            return true;
        });
        if (!reduced) break;
        result.smallest = next;
        ++result.steps;
    }
    return result;
}

}  // namespace satsim::verify
