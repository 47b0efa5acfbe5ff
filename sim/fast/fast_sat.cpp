#include "sim/fast/fast_sat.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "runtime/support/error.hpp"
#include "sim/cycle/fetch_timing.hpp"
#include "sim/cycle/load_timing.hpp"
#include "sim/cycle/semaphores.hpp"
#include "sim/cycle/stce_recurrence.hpp"
#include "sim/cycle/store_timing.hpp"
#include "sim/cycle/vec_timing.hpp"
#include "sim/dram/memory.hpp"
#include "sim/fast/address_phase.hpp"
#include "sim/fast/engine.hpp"
#include "sim/fast/steady_state.hpp"

namespace satsim::fast {
namespace {

using cycle::kUnknown;

constexpr Cycles kNoLimit = kUnknown / 4;

}  // namespace

class FastSat::Run {
  public:
    Prediction predict(const isa::Program& program, const dram::MemoryConfig& memory);

  private:
    void restart(const isa::Program& program, const dram::MemoryConfig& memory);
    [[nodiscard]] bool step(Engine& engine);
    [[nodiscard]] bool call_memory();
    [[nodiscard]] Cycles ready(const Engine& engine, const isa::RunFields& fields) const;
    void dispatch(Engine& engine, Cycles at, const isa::RunFields& fields);
    void report_load();
    void report_store();
    void released(Engine& engine, const isa::RunFields& fields, Cycles at);
    void ended(Engine& engine, const isa::RunFields& fields, Cycles at);
    void push(Engine& engine, int semaphore, Cycles at, std::int64_t tokens);
    void arrive(Engine& engine);
    void try_skip(std::size_t depth);
    [[nodiscard]] bool match(std::size_t number, const Tokens& open);
    void check_all_halted() const;

    [[nodiscard]] Engine& engine(isa::Engine name) { return engines_[static_cast<std::size_t>(name)]; }

    isa::ArrayConfig config_;
    dram::MemoryConfig memory_config_;
    std::unique_ptr<dram::Memory> memory_;
    cycle::Semaphores semaphores_;
    std::array<Engine, isa::kEngines> engines_{Engine(isa::Engine::Load), Engine(isa::Engine::Stce),
                                               Engine(isa::Engine::Vec), Engine(isa::Engine::Store)};
    std::optional<cycle::LoadTiming> load_;
    std::optional<cycle::StoreTiming> store_;
    cycle::StceRecurrence stce_;
    cycle::VecTiming vec_;
    std::array<Engine*, isa::kSemaphores> waiting_{};
    Cycles end_ = 0;
    Cycles skipped_ = 0;

    // Loops: the engine whose pace is measured, and the depth of the matching loop in each engine (-1: none).
    Engine* pace_ = nullptr;
    std::array<int, isa::kEngines> frames_{};
    std::vector<LoopLog*> logs_;
    SamplingRules rules_;
    bool exact_ = false;
};

FastSat::FastSat() : run_(std::make_unique<Run>()) {}
FastSat::~FastSat() = default;
FastSat::FastSat(FastSat&&) noexcept = default;
FastSat& FastSat::operator=(FastSat&&) noexcept = default;

Prediction FastSat::predict(const isa::Program& program, const dram::MemoryConfig& memory) {
    return run_->predict(program, memory);
}

Prediction FastSat::Run::predict(const isa::Program& program, const dram::MemoryConfig& memory) {
    restart(program, memory);
    do {
        for (bool moved = true; moved;) {
            moved = false;
            for (Engine& engine : engines_) {
                while (engine.stale && step(engine)) moved = true;
            }
        }
    } while (call_memory());
    check_all_halted();
    return {end_ + skipped_ + 1, end_ + 1};
}

void FastSat::Run::restart(const isa::Program& program, const dram::MemoryConfig& memory) {
    config_ = program.config;
    memory_config_ = memory;
    memory_config_.channels = config_.channels;
    memory_ = dram::make_memory(memory_config_);
    semaphores_.reset(program.semaphores);
    load_.emplace(config_);
    store_.emplace(config_);
    stce_ = cycle::StceRecurrence(config_.rows, config_.columns);
    vec_ = cycle::VecTiming(config_.line_bytes());
    waiting_.fill(nullptr);
    skipped_ = 0;
    end_ = cycle::fetch(program, *memory_);
    for (Engine& engine : engines_) engine.restart(program.streams[engine.number], end_);
    pace_ = nullptr;
    for (const isa::Engine name :
         {isa::Engine::Stce, isa::Engine::Vec, isa::Engine::Store, isa::Engine::Load}) {
        if (pace_ == nullptr && !program.streams[static_cast<std::size_t>(name)].empty())
            pace_ = &engine(name);
    }
    exact_ = memory.kind == dram::MemoryKind::Ideal && memory.stall_seed == 0;
    const Cycles interval = memory.kind == dram::MemoryKind::Ddr4 ? memory.ddr4.refi : 1000;
    rules_ = {interval, 10 * interval, 2 * interval};
}

// One instruction of `engine`, if its cycle is settled.
bool FastSat::Run::step(Engine& engine) {
    cycle::Sequencer& sequencer = engine.sequencer;
    engine.stale = false;
    if (sequencer.halted()) return false;
    sequencer.advance(kNoLimit);
    const Cycles now = sequencer.now();
    if (sequencer.halted()) {
        end_ = std::max(end_, sequencer.halted_in());
        return false;
    }
    if (engine.arrived_at != sequencer.pc() + 1) arrive(engine);
    const isa::Instruction& instruction = sequencer.instruction();
    Cycles at = now;
    if (instruction.opcode == isa::Opcode::Post) {
        push(engine, instruction.rd, now, instruction.imm);
    } else if (instruction.opcode == isa::Opcode::Wait) {
        const int semaphore = instruction.rd % isa::kSemaphores;
        at = semaphores_.available(semaphore, now, instruction.imm);
        if (at == kUnknown) {
            waiting_[static_cast<std::size_t>(semaphore)] = &engine;
            return false;
        }
        semaphores_.take(semaphore, at, instruction.imm);
        waiting_[static_cast<std::size_t>(semaphore)] = nullptr;
    } else {
        const isa::RunFields fields = isa::decode_run(instruction.imm);
        at = ready(engine, fields);
        if (at == kUnknown) return false;
        at = std::max(now, at);
        dispatch(engine, at, fields);
    }
    engine.logs.executed(at - engine.executed);
    engine.executed = at;
    engine.active_until = std::max(engine.active_until, at + skipped_);
    engine.arrived_at = 0;
    sequencer.execute(at);
    engine.stale = true;
    return true;
}

// The earliest due call of the memory, reads before writes of the same cycle. False: none is due.
bool FastSat::Run::call_memory() {
    const Cycles read_at = load_->requesting() ? load_->request().at : kUnknown;
    const Cycles write_at = store_->requesting() ? store_->request().at : kUnknown;
    if (read_at == kUnknown && write_at == kUnknown) return false;
    if (read_at <= write_at) {
        memory_->read(read_at, load_->request().line, load_->arrivals());
        load_->accept();
        report_load();
        engine(isa::Engine::Load).stale = true;
    } else {
        const cycle::BurstRequest& request = store_->request();
        const Cycles response = memory_->write(write_at, request.line, store_->handshakes());
        store_->accept(response);
        report_store();
        engine(isa::Engine::Store).stale = true;
    }
    return true;
}

Cycles FastSat::Run::ready(const Engine& engine, const isa::RunFields& fields) const {
    switch (static_cast<isa::Engine>(engine.number)) {
        case isa::Engine::Load:
            return load_->ready();
        case isa::Engine::Stce:
            return stce_.ready(cycle::GemmOperation::from(engine.sequencer.registers(), fields.flags));
        case isa::Engine::Vec:
            return vec_.ready();
        case isa::Engine::Store:
            return store_->ready();
    }
    return kUnknown;
}

void FastSat::Run::dispatch(Engine& engine, Cycles at, const isa::RunFields& fields) {
    const std::span<const std::int64_t> registers = engine.sequencer.registers();
    switch (static_cast<isa::Engine>(engine.number)) {
        case isa::Engine::Load: {
            auto op = cycle::LoadOperation::from(registers, fields.flags);
            op.seek_to = engine.begin(op.seek, op.seek_to);
            if (op.advance) engine.advance_walk(op.seek_to, op.grid, op.count);
            op.seek = true;
            if (exact_) engine.logs.mix(address_phase(op, config_));
            engine.flying.push_back(fields);
            load_->dispatch(at, op);
            report_load();
            break;
        }
        case isa::Engine::Store: {
            auto op = cycle::StoreOperation::from(registers, fields.flags);
            op.seek_to = engine.begin(op.seek, op.seek_to);
            if (op.advance) engine.advance_walk(op.seek_to, op.grid, op.count);
            op.seek = true;
            if (exact_) engine.logs.mix(address_phase(op, config_));
            engine.flying.push_back(fields);
            store_->dispatch(at, op);
            report_store();
            break;
        }
        case isa::Engine::Stce: {
            const auto times = stce_.dispatch(at, cycle::GemmOperation::from(registers, fields.flags));
            released(engine, fields, times.release);
            ended(engine, fields, times.end);
            break;
        }
        case isa::Engine::Vec: {
            const auto times = vec_.dispatch(at, cycle::VecOperation::from(registers));
            released(engine, fields, times.release);
            ended(engine, fields, times.end);
            break;
        }
    }
}

// LOAD releases its operands when it ends.
void FastSat::Run::report_load() {
    Engine& load = engine(isa::Engine::Load);
    while (load_->has_end()) {
        const Cycles at = load_->take_end();
        const isa::RunFields fields = load.flying[load.ended++];
        released(load, fields, at);
        ended(load, fields, at);
    }
    load.released = load.ended;
    if (load.ended == load.flying.size()) {
        load.flying.clear();
        load.released = load.ended = 0;
    }
}

void FastSat::Run::report_store() {
    Engine& store = engine(isa::Engine::Store);
    while (store_->has_release()) released(store, store.flying[store.released++], store_->take_release());
    while (store_->has_end()) ended(store, store.flying[store.ended++], store_->take_end());
    if (store.ended == store.flying.size()) {
        store.flying.clear();
        store.released = store.ended = 0;
    }
}

void FastSat::Run::released(Engine& engine, const isa::RunFields& fields, Cycles at) {
    if (fields.push_early0 >= 0) push(engine, fields.push_early0, at, 1);
    if (fields.push_early1 >= 0) push(engine, fields.push_early1, at, 1);
}

void FastSat::Run::ended(Engine& engine, const isa::RunFields& fields, Cycles at) {
    if (fields.push_end >= 0) push(engine, fields.push_end, at, 1);
    engine.active_until = std::max(engine.active_until, at + skipped_);
    end_ = std::max(end_, at);
}

void FastSat::Run::push(Engine& /*engine*/, int semaphore, Cycles at, std::int64_t tokens) {
    const auto s = static_cast<std::size_t>(semaphore) % isa::kSemaphores;
    semaphores_.push(static_cast<int>(s), at, tokens);
    if (waiting_[s] != nullptr) waiting_[s]->stale = true;
}

void FastSat::Run::check_all_halted() const {
    for (const Engine& engine : engines_) {
        if (engine.sequencer.halted()) continue;
        throw InputError("program", "",
                         std::string("deadlock: ") + std::string(isa::kEngineNames[engine.number]) +
                             " waits at instruction " + std::to_string(engine.sequencer.pc()));
    }
}

// ---- Loops

void FastSat::Run::arrive(Engine& engine) {
    engine.arrived_at = engine.sequencer.pc() + 1;
    const int depth =
        engine.logs.arrive(engine.sequencer, engine.sequencer.now() + skipped_, engine.walk.linear());
    if (depth >= 0 && &engine == pace_) try_skip(static_cast<std::size_t>(depth));
}

// The present loops of the engines from `number` on that balance `open` tokens go to frames_.
bool FastSat::Run::match(std::size_t number, const Tokens& open) {
    if (number == engines_.size())
        return std::all_of(open.begin(), open.end(), [](std::int64_t t) { return t == 0; });
    Engine& engine = engines_[number];
    if (&engine == pace_) return match(number + 1, open);
    for (std::size_t d = engine.logs.depth(); d-- > 0;) {
        const Tokens& of = engine.loops.of[engine.logs[d].first];
        Tokens sum = open;
        for (std::size_t s = 0; s < sum.size(); ++s) sum[s] += of[s];
        frames_[number] = static_cast<int>(d);
        if (match(number + 1, sum)) return true;
    }
    frames_[number] = -1;
    return match(number + 1, open);
}

void FastSat::Run::try_skip(std::size_t depth) {
    constexpr std::int64_t kKept = 2;  // iterations at the end, in which buffers run empty
    LoopLog& log = pace_->logs[depth];
    if (log.left <= kKept || static_cast<std::int64_t>(log.iterations.size()) < log.next_look) return;
    if (!exact_ && sampled_skip(log, log.left, rules_).iterations == 0) return;
    frames_[pace_->number] = static_cast<int>(depth);
    if (!match(0, pace_->loops.of[log.first])) return;
    std::int64_t available = log.left;
    Cycles quiet_since = 0;  // engines without a part in this loop have nothing more to do
    logs_.clear();
    for (Engine& engine : engines_) {
        const int frame = frames_[engine.number];
        if (frame < 0) {
            quiet_since = std::max(quiet_since, engine.active_until);
            continue;
        }
        logs_.push_back(&engine.logs[static_cast<std::size_t>(frame)]);
        available = std::min(available, logs_.back()->left);
        if (logs_.back()->iterations.size() < 2) return;
    }
    available -= kKept;
    if (available <= 0) return;
    const Skip skip =
        exact_ ? exact_skip(logs_, available, quiet_since) : sampled_skip(log, available, rules_);
    if (skip.iterations == 0) return;
    for (Engine& engine : engines_) {
        const int frame = frames_[engine.number];
        if (frame >= 0) engine.skip(static_cast<std::size_t>(frame), skip.iterations);
    }
    skipped_ += skip.cycles;
}

}  // namespace satsim::fast
