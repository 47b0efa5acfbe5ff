// What all four engines have in common: the sequencer, the tokens, the record of operations, the SystemC
// process.
//
// An engine takes a turn when its sequencer's WAIT or its memory call is due, does everything that is settled
// by then, and names the next such moment. Whichever process SystemC has begun runs the turns in their order
// (clock.hpp). Everything that it computes on the way (dispatches, tokens, ends)
// carries its own cycle and may lie in the future; only two things happen in the order of time: calls of the
// memory, and a WAIT whose tokens had not been pushed when the sequencer came to it.
#pragma once

#include <span>
#include <systemc>

#include "sim/cycle/footprint.hpp"
#include "sim/cycle/run_state.hpp"
#include "sim/cycle/sequencer.hpp"

namespace satsim::cycle {

class EngineModule : public sc_core::sc_module {
  public:
    EngineModule(const sc_core::sc_module_name& name, isa::Engine engine, RunState& run);

    // First instruction in cycle `start`.
    void restart(std::span<const isa::Instruction> stream, Cycles start);
    // Makes SystemC come back for this engine's turn in `at`.
    void wake(Ticks at) { wake_.notify(run_.clock.until(at)); }
    void cancel() { wake_.cancel(); }
    // Tokens that this engine waits for have become known.
    void tokens_known();
    [[nodiscard]] bool halted() const { return sequencer_.halted(); }
    [[nodiscard]] const Sequencer& sequencer() const { return sequencer_; }
    void walk(StateWalk& state);
    // "LOAD: instruction 7 waits for 2 tokens of semaphore 3, which holds 0".
    [[nodiscard]] std::string waits_for() const;

  protected:
    // An operation as it is dispatched; registers are valid during the call.
    struct Dispatch {
        std::span<const std::int64_t> registers;
        isa::RunFields fields;
    };
    virtual void restart_engine() = 0;
    // First cycle in which this operation may be dispatched; kUnknown if that depends on a memory call that
    // is due.
    [[nodiscard]] virtual Cycles ready(const Dispatch& operation) = 0;
    virtual void dispatch(Cycles d, const Dispatch& operation) = 0;
    // For leaving out periods: the engine's own state, and where an operation without SEEK begins.
    virtual void walk_engine(StateWalk& state) = 0;
    [[nodiscard]] virtual Position saved_position() const { return {}; }
    // The next memory call: when it is due (kUnknown: none), and making it.
    [[nodiscard]] virtual Ticks call_due() const { return kUnknown; }
    virtual void call() {}

    // What operations report, oldest first.
    void released(Cycles at);
    void ended(Cycles at);
    // Before this time nothing happens but this engine's own memory calls and what follows from them.
    [[nodiscard]] Ticks alone_until();

    RunState& run_;

  private:
    struct Operation {
        Cycles start;
        isa::RunFields fields;
    };
    void process();
    void take_turn();
    bool advance();
    [[nodiscard]] bool sequence();
    void execute(const Dispatch& operation);
    void push(int semaphore, Cycles at, std::int64_t tokens);
    void finish(Cycles at);
    [[nodiscard]] Execution& result() { return run_.result; }

    isa::Engine engine_;
    std::size_t index_;
    Sequencer sequencer_;
    sc_core::sc_event wake_;
    bool stale_ = false;     // the instruction at hand has to be looked at again
    bool arrived_ = false;   // the skipper has seen the RUN at hand
    Cycles due_ = kUnknown;  // of the WAIT at hand, as far as known
    int blocked_on_ = -1;    // its semaphore
    // Operations between dispatch and the later of release and end.
    std::vector<Operation> operations_;
    std::size_t releases_ = 0;
    std::size_t ends_ = 0;
    std::size_t forgotten_ = 0;  // operations dropped from the front of operations_
    Cycles busy_until_ = -1;
};

}  // namespace satsim::cycle
