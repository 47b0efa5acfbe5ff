#include "sim/fast/engine.hpp"

namespace satsim::fast {

void Engine::restart(std::span<const isa::Instruction> stream, Cycles start) {
    sequencer.reset(stream, start);
    walk = {};
    loops = find_loops(stream);
    logs.reset();
    arrived_at = 0;
    waits_for = -1;
    stale = true;
    executed = active_until = start;
    flying.clear();
    released = ended = 0;
}

void Engine::advance_walk(const cycle::Position& begin, const cycle::Grid& grid, std::int64_t count) {
    walk = {begin, grid};
    walk.move(count);
}

void Engine::skip(std::size_t depth, std::int64_t iterations) {
    LoopLog& log = logs[depth];
    for (std::size_t i = 0; i < log.step.size(); ++i) {
        if ((loops.toggled >> i & 1U) != 0) log.step[i] = 0;
    }
    sequencer.skip(depth, iterations, log.step);
    walk.move(iterations * log.walk_step);
    log.left -= iterations;
    // Paces seen so far do not hold across the gap: neither here nor in the loops inside.
    for (std::size_t d = depth; d < logs.depth(); ++d) logs[d].forget();
    logs.mix(static_cast<std::uint64_t>(iterations));
}

}  // namespace satsim::fast
