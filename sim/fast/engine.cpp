#include "sim/fast/engine.hpp"

#include <algorithm>

namespace satsim::fast {

void Engine::restart(std::span<const isa::Instruction> stream, Cycles start, Walk* positions) {
    work = {};
    sequencer.reset(stream, start);
    walk = positions;
    loops = StreamLoops(stream);
    logs.reset();
    arrived = false;
    stale = true;
}

int Engine::arrive(Cycles skipped) {
    arrived = true;
    return logs.arrive(sequencer, sequencer.now() + skipped, walk != nullptr ? walk->linear() : 0);
}

void Engine::execute(Cycles at) {
    arrived = false;
    stale = true;
    sequencer.execute(at);
}

void Engine::walk_state(StateWalk& state) {
    sequencer.walk(state);
    state.same(arrived);
    state.same(stale);
    if (walk == nullptr) return;
    walk->at.walk(state);
    state.same(walk->grid.w);
    state.same(walk->grid.h);
}

void Engine::skip(std::size_t depth, std::int64_t iterations) {
    LoopLog& log = logs[depth];
    sequencer.skip(depth, iterations, log.step);
    if (walk != nullptr) walk->move(iterations * log.walk_step);
    log.left -= iterations;
    // Paces seen so far do not hold across the gap: neither here nor in the loops inside.
    for (std::size_t d = depth; d < logs.depth(); ++d) logs[d].forget();
}

}  // namespace satsim::fast
