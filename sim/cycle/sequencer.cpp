#include "sim/cycle/sequencer.hpp"

#include "runtime/support/error.hpp"

namespace satsim::cycle {

void Sequencer::reset(std::span<const isa::Instruction> stream, Cycles start) {
    stream_ = stream;
    registers_.fill(0);
    loops_.clear();
    loops_.reserve(isa::kLoopDepth);
    pc_ = 0;
    now_ = start;
    halted_ = stream.empty();
    toggled_ = 0;
    for (const isa::Instruction& i : stream) {
        if (i.opcode == isa::Opcode::Xor)
            toggled_ |= 1U << (i.rd % isa::kRegisters) | 1U << (i.rs % isa::kRegisters);
    }
}

void Sequencer::fault(const std::string& what) const {
    throw InputError(
        "program",
        "/" + std::string(isa::kEngineNames[static_cast<std::size_t>(engine_)]) + "/" + std::to_string(pc_),
        what);
}

void Sequencer::walk(StateWalk& state) {
    state.same(halted_);
    if (halted_) return;
    state.same(static_cast<std::int64_t>(pc_));
    state.time(now_);
    state.same(static_cast<std::int64_t>(loops_.size()));
    for (Loop& loop : loops_) {
        state.same(static_cast<std::int64_t>(loop.first));
        state.loop(loop.left);
    }
    // Steps of a toggled register are no sums.
    static_assert(isa::kRegisters == 32);
    for (std::size_t i = 0; i < registers_.size(); ++i) {
        if ((toggled_ >> i & 1U) != 0) {
            state.same(registers_[i]);
        } else {
            state.moving(registers_[i]);
            registers_[i] = isa::wrap_register(registers_[i]);
        }
    }
}

void Sequencer::skip(std::size_t depth, std::int64_t iterations, std::span<const std::int64_t> step) {
    loops_[depth].left -= iterations;
    for (std::size_t i = 0; i < registers_.size(); ++i) {
        registers_[i] = isa::wrap_register(registers_[i] + iterations * step[i]);
    }
}

void Sequencer::advance(Cycles limit) {
    using isa::Opcode;
    while (!halted_ && now_ <= limit) {
        if (pc_ >= stream_.size()) fault("the stream ends without HALT");
        const isa::Instruction& i = stream_[pc_];
        std::int64_t& rd = registers_[i.rd % isa::kRegisters];
        const std::int64_t rs = registers_[i.rs % isa::kRegisters];
        switch (i.opcode) {
            case Opcode::Set:
                rd = isa::wrap_register(i.imm);
                break;
            case Opcode::Add:
                rd = isa::wrap_register(rs + i.imm);
                break;
            case Opcode::Addr:
                rd = isa::wrap_register(rs + registers_[static_cast<std::size_t>(i.imm) % isa::kRegisters]);
                break;
            case Opcode::Xor:
                rd = isa::wrap_register(rs ^ i.imm);
                break;
            case Opcode::Loop:
                if (loops_.size() == isa::kLoopDepth) fault("loops nest deeper than the loop stack");
                if (i.imm < 1) fault("a loop needs at least one iteration");
                loops_.push_back({pc_ + 1, i.imm - 1});
                break;
            case Opcode::End:
                if (loops_.empty()) fault("END without LOOP");
                if (loops_.back().left > 0) {
                    --loops_.back().left;
                    pc_ = loops_.back().first - 1;
                } else {
                    loops_.pop_back();
                }
                break;
            case Opcode::Halt:
                halted_ = true;
                break;
            case Opcode::Wait:
            case Opcode::Post:
            case Opcode::Run:
                return;
        }
        ++now_;
        ++pc_;
    }
}

}  // namespace satsim::cycle
