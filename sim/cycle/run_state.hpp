// What the engines of one run share: clock, memory, semaphores, limits, and the record that they fill.
#pragma once

#include <array>
#include <exception>
#include <memory>

#include "sim/cycle/clock.hpp"
#include "sim/cycle/cycle_sat.hpp"
#include "sim/cycle/data_path.hpp"
#include "sim/cycle/semaphores.hpp"
#include "sim/dram/memory.hpp"

namespace satsim::cycle {

class EngineModule;
class PeriodSkipper;

struct RunState {
    Clock clock;
    std::unique_ptr<dram::Memory> memory;
    Semaphores semaphores;
    std::array<EngineModule*, isa::kEngines> engines{};
    std::array<EngineModule*, isa::kSemaphores> waiting{};  // the engine that waits for a semaphore's tokens
    isa::ArrayConfig config;
    RunOptions options;
    Cycles limit = 0;
    Execution result;
    std::unique_ptr<DataPath> data;  // null: times only
    PeriodSkipper* skipper = nullptr;
    Cycles skipped = 0;             // cycles left out: the clock of the run does not show them
    MemoryCounters skipped_memory;  // what the memory would have counted in them
    std::exception_ptr fault;       // fault of an engine; SystemC must not see it
};

}  // namespace satsim::cycle
