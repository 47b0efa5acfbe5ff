#include "sim/fast/steady_state.hpp"

#include <algorithm>
#include <cmath>

namespace satsim::fast {
namespace {

constexpr std::size_t kWarmUp = 2;  // iterations in which pipelines and buffers fill
constexpr std::size_t kLeast = 1;   // iterations of a window
constexpr std::size_t kSteady = 2;  // of a steady one

Skip at_pace(Cycles cycles, std::size_t iterations, std::int64_t available) {
    const double pace = static_cast<double>(cycles) / static_cast<double>(iterations);
    return {available, std::llround(pace * static_cast<double>(available))};
}

// How far a span is from whole refresh intervals, as a share of the span.
double ragged(Cycles span, Cycles interval) {
    if (interval <= 0) return 0;
    const Cycles rest = span % interval;
    return static_cast<double>(std::min(rest, interval - rest)) / static_cast<double>(span);
}

}  // namespace

std::optional<Cycles> settled_from(const LoopLog& log) {
    if (log.iterations.size() <= kWarmUp) return std::nullopt;
    return log.iterations[kWarmUp];
}

Skip sampled_skip(const LoopLog& log, std::int64_t available, const SamplingRules& rules, Cycles from_cycle) {
    const auto& done = log.iterations;
    const std::size_t n = done.size() - 1;
    std::size_t first = kWarmUp;
    while (first <= n && done[first] < from_cycle) ++first;
    if (n < first + kLeast) return {};
    const Cycles now = done[n];
    const Cycles last = now - done[n - 1];
    std::size_t from = n - 1;
    while (from > first && done[from] - done[from - 1] == last) --from;
    if (n - from >= kSteady && now - done[from] >= rules.steady_window) return at_pace(last, 1, available);
    if (now - done[first] < rules.window) return {};
    std::size_t best = first;
    for (std::size_t i = first; i + kLeast <= n && now - done[i] >= rules.window * 3 / 4; ++i) {
        if (ragged(now - done[i], rules.refresh_interval) < ragged(now - done[best], rules.refresh_interval))
            best = i;
    }
    return at_pace(now - done[best], n - best, available);
}

}  // namespace satsim::fast
