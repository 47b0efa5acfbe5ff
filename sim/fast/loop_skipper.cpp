#include "sim/fast/loop_skipper.hpp"

#include <algorithm>
#include <cmath>

namespace satsim::fast {
namespace {

constexpr std::int64_t kKept = 2;  // iterations at a loop's end, in which buffers run empty

constexpr std::size_t kFilling = 2;  // iterations at its beginning, in which they fill

constexpr double kAlike = 0.02;  // of an iteration's cycles

// In refresh intervals.
constexpr Cycles kWindow = 5;
constexpr Cycles kSteadyWindow = 2;

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

Skip LoopSkipper::sampled(const LoopLog& log, std::int64_t available) const {
    const auto known =
        std::find_if(paces_.begin(), paces_.end(), [&](const Pace& pace) { return pace.first == log.first; });
    const std::size_t n = log.iterations.size();
    if (known == paces_.end() || n <= kFilling) return sampled_skip(log, available, rules_);
    const auto last = static_cast<double>(log.iterations[n - 1] - log.iterations[n - 2]);
    if (std::abs(last - known->cycles) > kAlike * known->cycles) return sampled_skip(log, available, rules_);
    return {available, std::llround(known->cycles * static_cast<double>(available))};
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
    if (log.left <= kKept) return 0;
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
    available -= kKept;
    if (available <= 0) return 0;
    const Skip skip = sampled(log, available);
    if (skip.iterations == 0) return 0;
    if (std::none_of(paces_.begin(), paces_.end(), [&](const Pace& p) { return p.first == log.first; }))
        paces_.push_back(
            {log.first, static_cast<double>(skip.cycles) / static_cast<double>(skip.iterations)});
    for (Engine& other : engines_) {
        const int frame = frames_[other.number];
        if (frame >= 0) other.skip(static_cast<std::size_t>(frame), skip.iterations);
    }
    return skip.cycles;
}

}  // namespace satsim::fast
