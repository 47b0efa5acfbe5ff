#include "sim/fast/fast_sat.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "runtime/support/error.hpp"
#include "sim/cycle/fetch_timing.hpp"
#include "sim/cycle/period_skipper.hpp"
#include "sim/cycle/semaphores.hpp"
#include "sim/cycle/stce_recurrence.hpp"
#include "sim/cycle/vec_timing.hpp"
#include "sim/dram/memory.hpp"
#include "sim/fast/engine.hpp"
#include "sim/fast/loop_skipper.hpp"
#include "sim/fast/transfer.hpp"

namespace satsim::fast {
namespace {

using cycle::kUnknown;

constexpr Cycles kNoLimit = kUnknown / 4;

// When LOAD and STORE are followed line by line, in refresh intervals of simulated time: at first, and again
// each time that the program has become kLater times as long.
constexpr Cycles kFollowedFirst = 8;
constexpr Cycles kFollowedAgain = 4;
constexpr Cycles kLater = 4;

}  // namespace

class FastSat::Run : private cycle::RepeatingModel {
  public:
    Prediction predict(const isa::Program& program, const dram::MemoryConfig& memory);

  private:
    void restart(const isa::Program& program, const dram::MemoryConfig& memory);
    void sequence();
    [[nodiscard]] bool step(Engine& engine);
    [[nodiscard]] bool call_memory();
    [[nodiscard]] bool followed(Cycles at) const;
    [[nodiscard]] Cycles ready(const Engine& engine, const isa::RunFields& fields, bool follow) const;
    void dispatch(Engine& engine, Cycles at, const isa::RunFields& fields, bool follow);
    void expect_misses();
    void report(Transfer& transfer, Engine& engine);
    void released(const isa::RunFields& fields, Cycles at);
    void ended(Engine& engine, const isa::RunFields& fields, Cycles at);
    void push(int semaphore, Cycles at, std::int64_t tokens);
    void check_all_halted() const;

    // Leaving out periods of programs that are followed throughout.
    void walk(StateWalk& state) override;
    [[nodiscard]] std::size_t pc(isa::Engine name) const override {
        return engines_[static_cast<std::size_t>(name)].sequencer.pc();
    }
    [[nodiscard]] const dram::Memory& memory() const override { return *memory_; }
    [[nodiscard]] std::vector<std::int64_t*> counters() override { return {}; }
    void left_out(Cycles cycles, const MemoryCounters& /*counted*/) override { skipped_ += cycles; }

    [[nodiscard]] Engine& engine(isa::Engine name) { return engines_[static_cast<std::size_t>(name)]; }

    std::unique_ptr<dram::Memory> memory_;
    Cycles refresh_interval_ = 0;
    bool coarse_ = false;   // transfers may be moved in blocks
    bool sampled_ = false;  // loops go on at the pace that they were seen to have
    cycle::Semaphores semaphores_;
    std::array<Engine*, isa::kSemaphores> waiting_{};  // the engine that waits for a semaphore's tokens
    std::array<Engine, isa::kEngines> engines_{Engine(isa::Engine::Load), Engine(isa::Engine::Stce),
                                               Engine(isa::Engine::Vec), Engine(isa::Engine::Store)};
    LoadTransfer load_;
    StoreTransfer store_;
    cycle::StceRecurrence stce_;
    cycle::VecTiming vec_;
    MemoryBus bus_;
    std::int64_t bursts_ = 0;         // followed so far
    std::int64_t bursts_learnt_ = 0;  // of them, those that bus_ has heard of
    LoopSkipper loops_;
    cycle::PeriodSkipper periods_{*this};
    Cycles skipped_ = 0;  // cycles left out so far
    Cycles end_ = 0;      // without them
};

FastSat::FastSat() : run_(std::make_unique<Run>()) {}
FastSat::~FastSat() = default;
FastSat::FastSat(FastSat&&) noexcept = default;
FastSat& FastSat::operator=(FastSat&&) noexcept = default;

Prediction FastSat::predict(const isa::Program& program, const dram::MemoryConfig& memory) {
    return run_->predict(program, memory);
}

// Everything that is settled without the memory happens first: then no earlier call can come up than the
// earliest one that is due.
Prediction FastSat::Run::predict(const isa::Program& program, const dram::MemoryConfig& memory) {
    restart(program, memory);
    do {
        sequence();
    } while (call_memory());
    check_all_halted();
    Prediction prediction{end_ + skipped_ + 1, end_ + 1, {}, 0, load_.traffic(), store_.traffic()};
    const double times = static_cast<double>(prediction.cycles) / static_cast<double>(prediction.simulated);
    for (const Engine& engine : engines_)
        prediction.busy[engine.number] = std::llround(times * static_cast<double>(engine.work.busy()));
    const MemoryCounters counted = memory_->counters(end_);
    if (const std::int64_t lines = counted.read_lines + counted.write_lines; lines > 0)
        prediction.activates = static_cast<double>(counted.activates) / static_cast<double>(lines);
    return prediction;
}

void FastSat::Run::restart(const isa::Program& program, const dram::MemoryConfig& memory) {
    const isa::ArrayConfig& array = program.config;
    dram::MemoryConfig config = memory;
    config.channels = array.channels;
    memory_ = dram::make_memory(config);
    refresh_interval_ = config.ddr4.refi;
    // Vector programs keep the bus full in both directions, where blocks are several percent off; their loops
    // repeat soon.
    const bool vectors = !program.streams[static_cast<std::size_t>(isa::Engine::Vec)].empty();
    coarse_ = config.kind == dram::MemoryKind::Ddr4 && config.stall_seed == 0 && !vectors;
    sampled_ = config.kind != dram::MemoryKind::Ideal || config.stall_seed != 0;
    semaphores_.reset(program.semaphores);
    waiting_.fill(nullptr);
    const auto instructions = [&](isa::Engine name) {
        return program.streams[static_cast<std::size_t>(name)].size();
    };
    load_.restart(array, config, instructions(isa::Engine::Load));
    store_.restart(array, config, instructions(isa::Engine::Store));
    stce_ = cycle::StceRecurrence(array.rows, array.columns);
    vec_ = cycle::VecTiming(array.line_bytes());
    bus_ = MemoryBus(config);
    bursts_ = bursts_learnt_ = 0;
    skipped_ = 0;
    end_ = cycle::fetch(program, *memory_);
    for (Engine& engine : engines_) {
        Walk* const walk = engine.is(isa::Engine::Load)    ? &load_.walk()
                           : engine.is(isa::Engine::Store) ? &store_.walk()
                                                           : nullptr;
        engine.restart(program.streams[engine.number], end_, walk);
    }
    loops_.restart(engines_, config);
    periods_.restart(program, !sampled_);
}

void FastSat::Run::sequence() {
    for (bool moved = true; moved;) {
        moved = false;
        for (Engine& engine : engines_) {
            while (engine.stale && step(engine)) moved = true;
        }
    }
}

// One instruction of `engine`, if its cycle is settled.
bool FastSat::Run::step(Engine& engine) {
    cycle::Sequencer& sequencer = engine.sequencer;
    engine.stale = false;
    if (sequencer.halted()) return false;
    sequencer.advance(kNoLimit);
    if (sequencer.halted()) {
        end_ = std::max(end_, sequencer.halted_in());
        return false;
    }
    if (!engine.arrived) {
        const int depth = engine.arrive(skipped_);
        if (depth >= 0 && sampled_)
            skipped_ += loops_.iteration_begun(engine, static_cast<std::size_t>(depth));
        if (sequencer.instruction().opcode == isa::Opcode::Run)
            periods_.arrive(static_cast<isa::Engine>(engine.number), sequencer.now());
    }
    const isa::Instruction& instruction = sequencer.instruction();
    const Cycles now = sequencer.now();
    Cycles at = now;
    if (instruction.opcode == isa::Opcode::Post) {
        push(instruction.rd, now, instruction.imm);
    } else if (instruction.opcode == isa::Opcode::Wait) {
        const int semaphore = instruction.rd % isa::kSemaphores;
        at = semaphores_.available(semaphore, now, instruction.imm);
        waiting_[static_cast<std::size_t>(semaphore)] = at == kUnknown ? &engine : nullptr;
        if (at == kUnknown) return false;
        semaphores_.take(semaphore, at, instruction.imm);
    } else {
        const isa::RunFields fields = isa::decode_run(instruction.imm);
        const bool follow = followed(now);
        at = ready(engine, fields, follow);
        if (at == kUnknown) return false;
        at = std::max(now, at);
        dispatch(engine, at, fields, follow);
    }
    engine.execute(at);
    return true;
}

// Makes the earliest call of the memory, a read before a write of the same cycle. False: none is due.
bool FastSat::Run::call_memory() {
    const Cycles read_at = load_.due();
    const Cycles write_at = store_.due();
    if (read_at == kUnknown && write_at == kUnknown) return false;
    const bool reads = read_at <= write_at;
    Transfer& transfer = reads ? static_cast<Transfer&>(load_) : store_;
    Engine& caller = engine(reads ? isa::Engine::Load : isa::Engine::Store);
    // A read goes before a write of the same cycle.
    const Cycles end = write_at == kUnknown ? kUnknown : write_at + 1;
    Cycles last = 0;
    const std::int64_t bursts = transfer.call(*memory_, bus_, end, last);
    if (bursts > 0) bus_.followed(reads ? read_at : write_at, last, bursts, !reads);
    bursts_ += bursts;
    report(transfer, caller);
    caller.stale = true;
    return true;
}

void FastSat::Run::walk(StateWalk& state) {
    memory_->walk(state);
    semaphores_.walk(state);
    for (Engine& engine : engines_) engine.walk_state(state);
    load_.walk_state(state);
    store_.walk_state(state);
    stce_.walk(state);
    vec_.walk(state);
}

bool FastSat::Run::followed(Cycles at) const {
    Cycles begin = kFollowedFirst * refresh_interval_;
    if (!coarse_ || at < begin) return true;
    while (at >= kLater * begin) begin *= kLater;
    return begin > kFollowedFirst * refresh_interval_ && at < begin + kFollowedAgain * refresh_interval_;
}

Cycles FastSat::Run::ready(const Engine& engine, const isa::RunFields& fields, bool follow) const {
    if (engine.is(isa::Engine::Load)) return load_.ready(follow);
    if (engine.is(isa::Engine::Store)) return store_.ready(follow);
    if (engine.is(isa::Engine::Vec)) return vec_.ready();
    return stce_.ready(cycle::GemmOperation::from(engine.sequencer.registers(), fields.flags));
}

void FastSat::Run::dispatch(Engine& engine, Cycles at, const isa::RunFields& fields, bool follow) {
    const std::span<const std::int64_t> registers = engine.sequencer.registers();
    engine.work.begin(at);
    if (periods_.records()) {
        const auto name = static_cast<isa::Engine>(engine.number);
        const cycle::Position saved = engine.walk != nullptr ? engine.walk->at : cycle::Position{};
        periods_.record(name, engine.sequencer.pc(),
                        cycle::Footprint::of(name, registers, fields.flags, saved));
    }
    if (engine.is(isa::Engine::Stce)) {
        const auto times = stce_.dispatch(at, cycle::GemmOperation::from(registers, fields.flags));
        released(fields, times.release);
        ended(engine, fields, times.end);
    } else if (engine.is(isa::Engine::Vec)) {
        const auto times = vec_.dispatch(at, cycle::VecOperation::from(registers));
        released(fields, times.release);
        ended(engine, fields, times.end);
    } else {
        if (!follow) expect_misses();
        Transfer& transfer = engine.is(isa::Engine::Load) ? static_cast<Transfer&>(load_) : store_;
        transfer.dispatch({at, registers, fields, engine.sequencer.pc(), follow});
        report(transfer, engine);
    }
}

void FastSat::Run::expect_misses() {
    if (bursts_learnt_ == bursts_) return;
    bursts_learnt_ = bursts_;
    const auto activates = static_cast<double>(memory_->counters(0).activates);
    bus_.expect_misses(std::min(1.0, activates / static_cast<double>(bursts_)));
}

void FastSat::Run::report(Transfer& transfer, Engine& engine) {
    for (const Transfer::Event& event : transfer.events()) {
        if (event.end) {
            ended(engine, event.fields, event.at);
        } else {
            released(event.fields, event.at);
        }
    }
    transfer.events().clear();
}

void FastSat::Run::released(const isa::RunFields& fields, Cycles at) {
    if (fields.push_early0 >= 0) push(fields.push_early0, at, 1);
    if (fields.push_early1 >= 0) push(fields.push_early1, at, 1);
}

void FastSat::Run::ended(Engine& engine, const isa::RunFields& fields, Cycles at) {
    engine.work.end(at);
    if (fields.push_end >= 0) push(fields.push_end, at, 1);
    end_ = std::max(end_, at);
}

void FastSat::Run::push(int semaphore, Cycles at, std::int64_t tokens) {
    const auto s = static_cast<std::size_t>(semaphore) % isa::kSemaphores;
    semaphores_.push(static_cast<int>(s), at, tokens);
    if (waiting_[s] != nullptr) waiting_[s]->stale = true;
}

void FastSat::Run::check_all_halted() const {
    for (const Engine& engine : engines_) {
        if (engine.sequencer.halted()) continue;
        throw InputError("program", "",
                         "deadlock: " + std::string(isa::kEngineNames[engine.number]) +
                             " waits at instruction " + std::to_string(engine.sequencer.pc()));
    }
}

}  // namespace satsim::fast
