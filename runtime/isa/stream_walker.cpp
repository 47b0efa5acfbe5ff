#include "runtime/isa/stream_walker.hpp"

#include <fmt/format.h>

#include "runtime/isa/names.hpp"
#include "runtime/support/error.hpp"

namespace satsim::isa {

const Instruction* StreamWalker::next() {
    if (stream_->empty()) return nullptr;  // halted from the start
    while (budget_-- > 0) {
        if (at_ >= stream_->size()) fail("the stream ends without HALT");
        const Instruction& i = (*stream_)[at_];
        std::int64_t& target = registers_[i.rd];
        const std::int64_t source = registers_[i.rs];
        switch (i.opcode) {
            case Opcode::Halt:
                return nullptr;
            case Opcode::Wait:
            case Opcode::Post:
            case Opcode::Run:
                return &i;
            case Opcode::Set:
                target = i.imm;
                break;
            case Opcode::Add:
                target = wrap_register(source + i.imm);
                break;
            case Opcode::Addr:
                target = wrap_register(source + registers_[static_cast<std::size_t>(i.imm) % kRegisters]);
                break;
            case Opcode::Xor:
                target = source ^ i.imm;
                break;
            case Opcode::Loop:
                open_loop(i.imm);
                continue;
            case Opcode::End:
                end_loop();
                continue;
        }
        ++at_;
    }
    return nullptr;
}

void StreamWalker::open_loop(std::int64_t count) {
    if (depth_ == loops_.size()) fail("loops are nested too deeply");
    ++at_;
    loops_[depth_++] = {at_, count};
}

void StreamWalker::end_loop() {
    if (depth_ == 0) fail("END without LOOP");
    OpenLoop& loop = loops_[depth_ - 1];
    if (loop.remain > 1) {
        --loop.remain;
        at_ = loop.first;
    } else {
        --depth_;
        ++at_;
    }
}

void StreamWalker::fail(const char* message) const {
    throw InputError(fmt::format("{} instruction {}", name_of(engine_), at_), "", message);
}

}  // namespace satsim::isa
