#include "runtime/isa/constant_registers.hpp"

namespace satsim::isa {
namespace {

bool writes_register(Opcode opcode) {
    return opcode == Opcode::Set || opcode == Opcode::Add || opcode == Opcode::Addr || opcode == Opcode::Xor;
}

// Bits of the registers written between LOOP at `at` and its END.
std::uint32_t written_in_loop(const std::vector<Instruction>& stream, std::size_t at) {
    std::uint32_t written = 0;
    int depth = 0;
    for (; at < stream.size(); ++at) {
        const Instruction& i = stream[at];
        if (i.opcode == Opcode::Loop) ++depth;
        if (i.opcode == Opcode::End && --depth == 0) break;
        if (writes_register(i.opcode)) written |= 1U << i.rd;
    }
    return written;
}

void assign(KnownRegisters& r, const Instruction& i) {
    const auto known = [&](std::size_t reg) { return (r.known >> reg & 1U) != 0; };
    const std::int64_t source = r.values[i.rs];
    bool sure = i.opcode == Opcode::Set || known(i.rs);
    std::int64_t value = i.imm;
    if (i.opcode == Opcode::Add) value = wrap_register(source + i.imm);
    if (i.opcode == Opcode::Xor) value = source ^ i.imm;
    if (i.opcode == Opcode::Addr) {
        const auto other = static_cast<std::size_t>(i.imm);
        sure = sure && known(other);
        value = wrap_register(source + r.values[other]);
    }
    r.values[i.rd] = value;
    r.known = sure ? r.known | 1U << i.rd : r.known & ~(1U << i.rd);
}

}  // namespace

void visit_runs(const std::vector<Instruction>& stream, const RunVisitor& visit) {
    KnownRegisters registers;
    for (std::size_t at = 0; at < stream.size(); ++at) {
        const Instruction& i = stream[at];
        if (i.opcode == Opcode::Loop && i.imm > 1) registers.known &= ~written_in_loop(stream, at);
        if (writes_register(i.opcode)) assign(registers, i);
        if (i.opcode == Opcode::Run) visit(at, decode_run(i.imm), registers);
    }
}

}  // namespace satsim::isa
