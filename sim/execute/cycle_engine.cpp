#include "sim/execute/cycle_engine.hpp"

namespace satsim::execute {

bool SatCycleEngine::run(const isa::Program& program, MemoryImage& memory) {
    cycle::RunOptions options;
    options.memory = machine().memory;
    options.memory.channels = program.config.channels;
    options.data = &memory;
    options.vector = &vector_;
    const Execution execution = sat_.run(program, options);
    cycles_ += execution.cycles();
    return execution.nonfinite;
}

}  // namespace satsim::execute
