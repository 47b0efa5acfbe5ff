#include "sim/execute/cycle_engine.hpp"

namespace satsim::execute {

void SatCycleEngine::run(const isa::Program& program, MemoryImage& memory) {
    cycle::RunOptions options;
    options.memory = machine().memory;
    options.memory.channels = program.config.channels;
    options.data = &memory;
    options.vector = &vector_;
    cycles_ += sat_.run(program, options).cycles();
}

}  // namespace satsim::execute
