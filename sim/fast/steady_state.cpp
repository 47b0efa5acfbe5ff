#include "sim/fast/steady_state.hpp"

#include <algorithm>
#include <cmath>

namespace satsim::fast {
namespace {

constexpr std::size_t kWarmUp = 1;  // iterations in which pipelines and buffers fill
constexpr std::size_t kLeast = 2;   // iterations of a window
constexpr std::size_t kSteady = 3;  // of a steady one

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

// True if every log has done its last `period` iterations exactly like the `period` before, and all in as
// many cycles.
bool repeats(std::span<LoopLog* const> logs, std::size_t period) {
    Cycles expected = -1;
    for (const LoopLog* log : logs) {
        const auto& done = log->iterations;
        const std::size_t n = done.size() - 1;
        const Cycles cycles = done[n].at - done[n - period].at;
        if (expected < 0) expected = cycles;
        if (cycles != expected || done[n - period].at - done[n - 2 * period].at != expected) return false;
        for (std::size_t i = 0; i < period; ++i) {
            if (done[n - i].signature != done[n - i - period].signature) return false;
        }
    }
    return true;
}

}  // namespace

Skip sampled_skip(const LoopLog& log, std::int64_t available, const SamplingRules& rules) {
    const auto& done = log.iterations;
    const std::size_t n = done.size() - 1;
    if (n < kWarmUp + kLeast) return {};
    const Cycles now = done[n].at;
    const Cycles last = now - done[n - 1].at;
    std::size_t from = n - 1;
    while (from > kWarmUp && done[from].at - done[from - 1].at == last) --from;
    if (n - from >= kSteady && now - done[from].at >= rules.steady_window) return at_pace(last, 1, available);
    if (now - done[kWarmUp].at < rules.window) return {};
    std::size_t best = kWarmUp;
    for (std::size_t i = kWarmUp; i + kLeast <= n && now - done[i].at >= rules.window * 3 / 4; ++i) {
        if (ragged(now - done[i].at, rules.refresh_interval) <
            ragged(now - done[best].at, rules.refresh_interval))
            best = i;
    }
    return at_pace(now - done[best].at, n - best, available);
}

Skip exact_skip(std::span<LoopLog* const> logs, std::int64_t available, Cycles quiet_since) {
    std::size_t longest = static_cast<std::size_t>(available);
    for (const LoopLog* log : logs) longest = std::min(longest, (log->iterations.size() - 2) / 2);
    const auto& done = logs.front()->iterations;
    for (std::size_t period = 1; period <= longest; ++period) {
        if (done[done.size() - 1 - 2 * period].at < quiet_since) return {};
        if (!repeats(logs, period)) continue;
        const Cycles cycles = done.back().at - done[done.size() - 1 - period].at;
        const std::int64_t periods = available / static_cast<std::int64_t>(period);
        return {periods * static_cast<std::int64_t>(period), periods * cycles};
    }
    return {};
}

}  // namespace satsim::fast
