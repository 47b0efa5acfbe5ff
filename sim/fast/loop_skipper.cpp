#include "sim/fast/loop_skipper.hpp"

#include <algorithm>
#include <cmath>

namespace satsim::fast {
namespace {

// Iterations at a loop's end, in which buffers run empty. One that is as long as a window is enough.
constexpr std::int64_t kKept = 2;

constexpr std::size_t kFilling = 2;  // iterations at its beginning, in which they fill

constexpr double kAlike = 0.02;  // of an iteration's cycles

// In refresh intervals.
constexpr Cycles kWindow = 5;
constexpr Cycles kSteadyWindow = 2;

// Iterations at the loop's end that are followed.
std::int64_t kept_of(const LoopLog& log, const SamplingRules& rules) {
    const bool is_long = log.iterations.size() > 1 && log.iterations[1] - log.iterations[0] >= rules.window;
    return is_long ? 1 : kKept;
}

}  // namespace

void LoopSkipper::restart(std::span<Engine> engines, const dram::MemoryConfig& memory) {
    engines_ = engines;
    const Cycles interval = memory.ddr4.refi;
    rules_ = {interval, kWindow * interval, kSteadyWindow * interval};
    paces_.clear();
    pace_ = nullptr;
    for (const isa::Engine name :
         {isa::Engine::Stce, isa::Engine::Vec, isa::Engine::Store, isa::Engine::Load}) {
        Engine& engine = engines[static_cast<std::size_t>(name)];
        if (pace_ == nullptr && !engine.sequencer.halted()) pace_ = &engine;
    }
}

const LoopSkipper::Pace* LoopSkipper::known_pace(const LoopLog& log) const {
    const auto known = std::ranges::find(paces_, log.first, &Pace::first);
    const std::size_t n = log.iterations.size();
    if (known == paces_.end() || n <= kFilling) return nullptr;
    const auto last = static_cast<double>(log.iterations[n - 1] - log.iterations[n - 2]);
    return std::abs(last - known->cycles) <= kAlike * known->cycles ? &*known : nullptr;
}

Skip LoopSkipper::sampled(const LoopLog& log, std::int64_t available) const {
    const Pace* known = known_pace(log);
    if (known == nullptr) return sampled_skip(log, available, rules_, 0);
    return {available, std::llround(known->cycles * static_cast<double>(available))};
}

// The engine that computes may run ahead of STORE, or LOAD of it, until what lies between them is full: then
// the slowest sets the pace. Smaller differences are those of refreshes, which meet each at another time.
Skip LoopSkipper::slowest(const LoopLog& log, std::int64_t available) const {
    if (known_pace(log) != nullptr) return sampled(log, available);
    Cycles from = 0;
    for (const LoopLog* each : logs_) {
        const std::optional<Cycles> settled = settled_from(*each);
        if (!settled) return {};
        from = std::max(from, *settled);
    }
    Skip slowest = sampled_skip(log, available, rules_, from);
    if (slowest.iterations == 0) return {};
    for (const LoopLog* other : logs_) {
        if (other == &log) continue;
        const Skip theirs = sampled_skip(*other, available, rules_, from);
        if (theirs.iterations == 0) return {};
        if (static_cast<double>(theirs.cycles) > (1 + kAlike) * static_cast<double>(slowest.cycles))
            slowest = theirs;
    }
    return slowest;
}

// The present loops of the engines from `number` on that balance `open` tokens go to frames_.
bool LoopSkipper::match(std::size_t number, const Tokens& open) {
    if (number == engines_.size())
        return std::all_of(open.begin(), open.end(), [](std::int64_t t) { return t == 0; });
    Engine& engine = engines_[number];
    if (&engine == pace_) return match(number + 1, open);
    for (std::size_t d = engine.logs.depth(); d-- > 0;) {
        Tokens sum = engine.loops.tokens(engine.logs[d].first);
        for (std::size_t s = 0; s < sum.size(); ++s) sum[s] += open[s];
        frames_[number] = static_cast<int>(d);
        if (match(number + 1, sum)) return true;
    }
    frames_[number] = -1;
    return match(number + 1, open);
}

Cycles LoopSkipper::iteration_begun(const Engine& engine, std::size_t depth) {
    if (&engine != pace_) return 0;
    LoopLog& log = pace_->logs[depth];
    const std::int64_t kept = kept_of(log, rules_);
    if (log.left <= kept) return 0;
    if (sampled(log, log.left).iterations == 0) return 0;
    frames_[pace_->number] = static_cast<int>(depth);
    if (!match(0, pace_->loops.tokens(log.first))) return 0;
    std::int64_t available = log.left;
    logs_.clear();
    for (Engine& other : engines_) {
        const int frame = frames_[other.number];
        if (frame < 0) continue;
        logs_.push_back(&other.logs[static_cast<std::size_t>(frame)]);
        available = std::min(available, logs_.back()->left);
        if (logs_.back()->iterations.size() < LoopLog::kStepsKnown) return 0;
    }
    available -= kept;
    if (available <= 0) return 0;
    const Skip skip = slowest(log, available);
    if (skip.iterations == 0) return 0;
    if (std::ranges::find(paces_, log.first, &Pace::first) == paces_.end())
        paces_.push_back(
            {log.first, static_cast<double>(skip.cycles) / static_cast<double>(skip.iterations)});
    for (Engine& other : engines_) {
        const int frame = frames_[other.number];
        if (frame >= 0) other.skip(static_cast<std::size_t>(frame), skip.iterations);
    }
    return skip.cycles;
}

}  // namespace satsim::fast
