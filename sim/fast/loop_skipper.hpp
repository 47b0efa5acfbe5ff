// Leaves out iterations of loops that have settled, in all engines that take part in them.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "runtime/hardware/memory_config.hpp"
#include "sim/fast/engine.hpp"
#include "sim/fast/steady_state.hpp"

namespace satsim::fast {

class LoopSkipper {
  public:
    // `engines`: all of the run, by number.
    void restart(std::span<Engine> engines, const dram::MemoryConfig& memory);

    // `engine` has begun a new iteration of its open loop `depth`. Returns the cycles of the iterations left
    // out.
    [[nodiscard]] Cycles iteration_begun(const Engine& engine, std::size_t depth);

  private:
    // Cycles of an iteration, by the loop's first instruction: a loop that is entered again is not watched
    // again.
    struct Pace {
        std::size_t first;
        double cycles;
    };
    // Null: not known, or the loop does not go on with it.
    [[nodiscard]] const Pace* known_pace(const LoopLog& log) const;
    [[nodiscard]] Skip sampled(const LoopLog& log, std::int64_t available) const;
    // The same, but of a loop whose pace is not known that of the slowest of all engines that take part;
    // nothing before each has been watched for a window.
    [[nodiscard]] Skip slowest(const LoopLog& log, std::int64_t available) const;
    [[nodiscard]] bool match(std::size_t number, const Tokens& open);

    std::span<Engine> engines_;
    Engine* pace_ = nullptr;  // whose loops are watched: the one that computes
    SamplingRules rules_;
    std::vector<Pace> paces_;
    std::array<int, isa::kEngines> frames_{};  // depth of the matching loop in each engine, -1: none
    std::vector<LoopLog*> logs_;               // of these loops
};

}  // namespace satsim::fast
