#include "sim/cycle/machine.hpp"

#include <stdexcept>

#include "sim/cycle/fetch_timing.hpp"

namespace satsim::cycle {

Machine::Machine(const sc_core::sc_module_name& name)
    : sc_module(name),
      load_("load", run_),
      stce_("stce", run_),
      vec_("vec", run_),
      store_("store", run_),
      engines_{&load_, &stce_, &vec_, &store_},
      skipper_(*this) {
    run_.skipper = &skipper_;
    run_.engines = engines_;
}

void Machine::restart(const isa::Program& program, const RunOptions& options) {
    run_.options = options;
    run_.options.memory.channels = program.config.channels;
    run_.config = program.config;
    run_.memory = dram::make_memory(run_.options.memory);
    run_.semaphores.reset(program.semaphores);
    run_.waiting.fill(nullptr);
    run_.limit = options.cycle_limit > 0 ? options.cycle_limit : kUnknown / 4;
    run_.result = {};
    run_.fault = nullptr;
    run_.skipped = 0;
    run_.skipped_memory = {};
    skipper_.restart(program, options.skip_periods && options.memory.stall_seed == 0 &&
                                  options.data == nullptr && !options.record_operations);
    run_.data.reset();
    if (options.data != nullptr)
        run_.data = std::make_unique<DataPath>(program, *options.data, options.vector);
    run_.result.start = fetch(program, *run_.memory);
    run_.result.end = run_.result.start;  // of a program without any instruction
    run_.clock.restart();
    for (std::size_t i = 0; i < engines_.size(); ++i) {
        engines_[i]->restart(program.streams[i], run_.result.start);
    }
    engines_[run_.clock.next_engine()]->wake(run_.clock.next_turn());
}

Execution Machine::run(const isa::Program& program, const RunOptions& options) {
    for (std::size_t i = 0; i < engines_.size(); ++i) {
        if (program.streams[i].size() > static_cast<std::size_t>(program.config.instructions)) {
            throw InputError("program", "/" + std::string(isa::kEngineNames[i]),
                             std::to_string(program.streams[i].size()) + " instructions, the memory holds " +
                                 std::to_string(program.config.instructions));
        }
    }
    try {
        restart(program, options);
    } catch (const std::invalid_argument& fault) {
        throw InputError("program", "/config", fault.what());
    }
    sc_core::sc_start();
    for (EngineModule* engine : engines_) engine->cancel();
    if (run_.fault) std::rethrow_exception(run_.fault);
    check_all_halted();
    run_.result.end += run_.skipped;
    run_.result.memory = run_.memory->counters(run_.result.end);
    run_.result.memory.activates += run_.skipped_memory.activates;
    run_.result.memory.read_lines += run_.skipped_memory.read_lines;
    run_.result.memory.write_lines += run_.skipped_memory.write_lines;
    run_.result.nonfinite = run_.data && run_.data->nonfinite();
    run_.data.reset();
    return std::move(run_.result);
}

void Machine::walk(StateWalk& state) {
    run_.memory->walk(state);
    run_.semaphores.walk(state);
    for (EngineModule* engine : engines_) engine->walk(state);
}

std::size_t Machine::pc(isa::Engine engine) const {
    return engines_[static_cast<std::size_t>(engine)]->sequencer().pc();
}

std::vector<std::int64_t*> Machine::counters() {
    ExecutionCounters& c = run_.result.counters;
    std::vector<std::int64_t*> all{&c.mac_slots,       &c.west_words,   &c.north_lines_bytes,
                                   &c.result_writes,   &c.result_reads, &c.load_words,
                                   &c.vector_elements, &c.vmem_words,   &c.cmem_values};
    for (Cycles& busy : run_.result.busy) all.push_back(&busy);
    return all;
}

void Machine::left_out(Cycles cycles, const MemoryCounters& counted) {
    run_.skipped += cycles;
    run_.limit -= cycles;
    run_.skipped_memory.activates += counted.activates;
    run_.skipped_memory.read_lines += counted.read_lines;
    run_.skipped_memory.write_lines += counted.write_lines;
}

void Machine::check_all_halted() const {
    std::string waits;
    for (const EngineModule* engine : engines_) {
        if (!engine->halted()) waits += (waits.empty() ? "" : "; ") + engine->waits_for();
    }
    if (!waits.empty()) throw DeadlockError("program", "", "deadlock: " + waits);
}

}  // namespace satsim::cycle
