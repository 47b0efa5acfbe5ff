#include "sim/cycle/engine_module.hpp"

#include <algorithm>

#include "sim/cycle/period_skipper.hpp"

namespace satsim::cycle {

EngineModule::EngineModule(const sc_core::sc_module_name& name, isa::Engine engine, RunState& run)
    : sc_module(name),
      run_(run),
      engine_(engine),
      index_(static_cast<std::size_t>(engine)),
      sequencer_(engine),
      wake_("wake") {
    SC_HAS_PROCESS(EngineModule);
    SC_METHOD(process);
    sensitive << wake_;
    dont_initialize();
}

void EngineModule::restart(std::span<const isa::Instruction> stream, Cycles start) {
    sequencer_.reset(stream, start);
    operations_.clear();
    releases_ = ends_ = forgotten_ = 0;
    busy_until_ = -1;
    blocked_on_ = -1;
    arrived_ = false;
    restart_engine();
    wake_.cancel();
    run_.clock.expect(index_, 0);
}

// This engine's turn, those of others as long as SystemC has nothing else to do, and then SystemC's.
void EngineModule::process() {
    Clock& clock = run_.clock;
    clock.enter();
    try {
        while (clock.turn_is_free()) {
            const std::size_t next = clock.next_engine();
            clock.begin_turn(next);
            run_.engines[next]->take_turn();
        }
    } catch (...) {
        run_.fault = std::current_exception();
        sc_core::sc_pause();
        return;
    }
    if (clock.next_turn() != kUnknown) run_.engines[clock.next_engine()]->wake(clock.next_turn());
}

void EngineModule::take_turn() {
    stale_ = true;
    while (advance()) {
    }
}

// Runs the sequencer as far as it is settled, then makes the next thing that has to happen in order of time.
bool EngineModule::advance() {
    if (stale_) {
        stale_ = false;
        while (sequence()) {
        }
    }
    const Ticks call_at = call_due();
    const Ticks wait_at = due_ == kUnknown ? kUnknown : 2 * due_;
    const Ticks next = std::min(call_at, wait_at);
    if (next == kUnknown) return false;
    if (!run_.clock.reach(next)) {
        run_.clock.expect(index_, next);
        return false;
    }
    if (next > 2 * run_.limit) throw CycleLimitError("program", "", "needs more cycles than its limit");
    if (next == call_at) {
        call();
        stale_ = stale_ || (blocked_on_ < 0 && !sequencer_.halted());  // RUN: the engine may be ready now
        return true;
    }
    stale_ = true;
    const isa::Instruction& wait = sequencer_.instruction();
    run_.semaphores.take(wait.rd, due_, wait.imm);
    run_.waiting[static_cast<std::size_t>(blocked_on_)] = nullptr;
    blocked_on_ = -1;
    sequencer_.execute(due_);
    return true;
}

// One instruction, if its cycle is settled. due_ is set for a WAIT that has to be met in order of time.
bool EngineModule::sequence() {
    due_ = kUnknown;
    if (sequencer_.halted()) return false;
    sequencer_.advance(run_.limit);
    const Cycles now = sequencer_.now();
    if (sequencer_.halted()) {
        finish(sequencer_.halted_in());
        return false;
    }
    if (now > run_.limit) throw CycleLimitError("program", "", "needs more cycles than its limit");
    const isa::Instruction& instruction = sequencer_.instruction();
    if (instruction.opcode == isa::Opcode::Post) {
        push(instruction.rd, now, instruction.imm);
        sequencer_.execute(now);
        return true;
    }
    if (instruction.opcode == isa::Opcode::Wait) {
        const int semaphore = instruction.rd % isa::kSemaphores;
        const Cycles at = run_.semaphores.available(semaphore, now, instruction.imm);
        if (at == now) {
            run_.semaphores.take(semaphore, now, instruction.imm);
            sequencer_.execute(now);
            if (blocked_on_ >= 0) run_.waiting[static_cast<std::size_t>(blocked_on_)] = nullptr;
            blocked_on_ = -1;
            return true;
        }
        due_ = at;
        blocked_on_ = semaphore;
        run_.waiting[static_cast<std::size_t>(semaphore)] = this;
        return false;
    }
    if (!arrived_) {
        arrived_ = true;
        run_.skipper->arrive(engine_, now);
    }
    const Dispatch operation{sequencer_.registers(), isa::decode_run(instruction.imm)};
    const Cycles at = ready(operation);
    if (at == kUnknown) return false;
    const Cycles d = std::max(now, at);
    operations_.push_back({d, operation.fields});
    if (run_.options.record_operations) result().operations[index_].push_back({d, 0, 0});
    if (run_.data) execute(operation);
    if (run_.skipper->records()) {
        run_.skipper->record(
            engine_, sequencer_.pc(),
            Footprint::of(engine_, operation.registers, operation.fields.flags, saved_position()));
    }
    arrived_ = false;
    dispatch(d, operation);
    sequencer_.execute(d);
    return true;
}

void EngineModule::execute(const Dispatch& operation) {
    functional::Operation op;
    op.engine = engine_;
    std::copy(operation.registers.begin(), operation.registers.end(), op.registers.begin());
    op.flags = operation.fields.flags;
    op.instruction = static_cast<std::int64_t>(sequencer_.pc());
    run_.data->execute(op);
}

void EngineModule::push(int semaphore, Cycles at, std::int64_t tokens) {
    run_.semaphores.push(semaphore % isa::kSemaphores, at, tokens);
    EngineModule* const waiting = run_.waiting[static_cast<std::size_t>(semaphore % isa::kSemaphores)];
    if (waiting == this) {
        stale_ = true;
    } else if (waiting != nullptr) {
        waiting->tokens_known();
    }
}

void EngineModule::tokens_known() {
    const isa::Instruction& wait = sequencer_.instruction();
    const Cycles at = run_.semaphores.available(blocked_on_, sequencer_.now(), wait.imm);
    if (at == kUnknown) return;
    run_.clock.expect(index_, 2 * at);
}

void EngineModule::released(Cycles at) {
    const isa::RunFields& fields = operations_[releases_ - forgotten_].fields;
    if (fields.push_early0 >= 0) push(fields.push_early0, at, 1);
    if (fields.push_early1 >= 0) push(fields.push_early1, at, 1);
    if (run_.options.record_operations) result().operations[index_][releases_].release = at;
    ++releases_;
}

void EngineModule::ended(Cycles at) {
    const Operation& operation = operations_[ends_ - forgotten_];
    if (operation.fields.push_end >= 0) push(operation.fields.push_end, at, 1);
    if (run_.options.record_operations) result().operations[index_][ends_].end = at;
    const Cycles from = std::max(operation.start, busy_until_ + 1);
    if (at >= from) result().busy[index_] += at - from + 1;
    busy_until_ = std::max(busy_until_, at);
    finish(at);
    ++ends_;
    const std::size_t done = std::min(releases_, ends_) - forgotten_;
    if (done >= 64) {
        operations_.erase(operations_.begin(), operations_.begin() + static_cast<std::ptrdiff_t>(done));
        forgotten_ += done;
    }
}

void EngineModule::finish(Cycles at) {
    if (at > run_.limit) throw CycleLimitError("program", "", "needs more cycles than its limit");
    result().end = std::max(result().end, at);
}

Ticks EngineModule::alone_until() {
    const Ticks wait_at = due_ == kUnknown ? kUnknown : 2 * due_;
    return std::min({run_.clock.horizon(), wait_at, 2 * run_.limit + 1});
}

void EngineModule::walk(StateWalk& state) {
    sequencer_.walk(state);
    for (const std::int64_t value : {std::int64_t{stale_}, std::int64_t{arrived_}, std::int64_t{blocked_on_}})
        state.same(value);
    state.time(due_);
    state.time(busy_until_);
    const std::size_t all = operations_.size() + forgotten_;
    state.same(static_cast<std::int64_t>(all - releases_));
    state.same(static_cast<std::int64_t>(all - ends_));
    for (std::size_t i = std::min(releases_, ends_); i < all; ++i) {
        const Operation& operation = operations_[i - forgotten_];
        state.time(operation.start);
        state.same(isa::encode_run(operation.fields));
    }
    walk_engine(state);
}

std::string EngineModule::waits_for() const {
    std::string text =
        std::string(isa::kEngineNames[index_]) + " waits at instruction " + std::to_string(sequencer_.pc());
    if (blocked_on_ >= 0) {
        text += " for " + std::to_string(sequencer_.instruction().imm) + " tokens of semaphore " +
                std::to_string(blocked_on_) + ", which holds " +
                std::to_string(run_.semaphores.held(blocked_on_));
    }
    return text + " since cycle " + std::to_string(sequencer_.now() + run_.skipped);
}

}  // namespace satsim::cycle
