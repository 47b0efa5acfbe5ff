#include "runtime/isa/rules.hpp"

#include <fmt/format.h>

#include <bit>

#include "runtime/isa/names.hpp"

namespace satsim::isa {
namespace {

using Fault = std::optional<std::string>;

struct Bounds {
    const char* name;
    int value;
    int low;
    int high;
};

Fault bounds_fault(const Bounds& b) {
    if (b.value >= b.low && b.value <= b.high) return std::nullopt;
    return fmt::format("{} is {}, expected {}..{}", b.name, b.value, b.low, b.high);
}

Fault unused_fault(const Instruction& i, bool rd, bool rs, bool imm) {
    if ((i.rd == 0 || rd) && (i.rs == 0 || rs) && (i.imm == 0 || imm)) return std::nullopt;
    return fmt::format("{} has a field set that it does not use",
                       kOpcodeNames[static_cast<std::size_t>(i.opcode)]);
}

Fault semaphore_fault(const Instruction& i) {
    if (i.rd >= kSemaphores) return fmt::format("semaphore {} does not exist (0..{})", i.rd, kSemaphores - 1);
    if (i.imm < 1 || i.imm > kSemaphoreMax) {
        return fmt::format("{} of {} tokens, expected 1..{}",
                           kOpcodeNames[static_cast<std::size_t>(i.opcode)], i.imm, kSemaphoreMax);
    }
    return unused_fault(i, true, false, true);
}

Fault run_fault(Engine engine, const Instruction& i) {
    const RunFields fields = decode_run(i.imm);
    if (encode_run(fields) != i.imm)
        return "RUN has a reserved bit set, or a token's number without its valid bit";
    const auto flags = flag_names(engine).size();
    if ((fields.flags >> flags) != 0) {
        return fmt::format("RUN has flags 0x{:X}, and {} has {} flags", fields.flags, name_of(engine), flags);
    }
    return unused_fault(i, false, false, true);
}

}  // namespace

Fault config_fault(const ArrayConfig& c) {
    constexpr int lines = 1 << 16;
    for (const Bounds& b :
         {Bounds{"rows", c.rows, 1, 256}, Bounds{"columns", c.columns, 4, 256},
          Bounds{"max_m", c.max_m, 4, 16}, Bounds{"slots", c.slots, 1, 64},
          Bounds{"channels", c.channels, 1, 16}, Bounds{"west_lines", c.west_lines, 1, lines},
          Bounds{"north_value_lines", c.north_value_lines, 1, lines},
          Bounds{"north_index_lines", c.north_index_lines, 1, lines},
          Bounds{"result_addresses", c.result_addresses, 1, lines},
          Bounds{"instructions", c.instructions, 1, static_cast<int>(kStreamLimit)},
          Bounds{"vmem_lines", c.vmem_lines, 1, lines}, Bounds{"burst_lines", c.burst_lines, 1, 256},
          Bounds{"piece_fifo", c.piece_fifo, 4, lines},
          Bounds{"line_fifo", c.line_fifo, c.burst_lines, lines},
          Bounds{"store_fifo", c.store_fifo, c.burst_lines + 1, lines}}) {
        if (Fault fault = bounds_fault(b)) return fault;
    }
    if (c.columns % 4 != 0) return fmt::format("columns is {}, expected a multiple of 4", c.columns);
    if (!std::has_single_bit(static_cast<unsigned>(c.max_m)))
        return fmt::format("max_m is {}, expected 4, 8 or 16", c.max_m);
    if (!std::has_single_bit(static_cast<unsigned>(c.channels))) {
        return fmt::format("channels is {}, expected a power of two", c.channels);
    }
    if (!std::has_single_bit(static_cast<unsigned>(c.result_addresses))) {
        return fmt::format("result_addresses is {}, expected a power of two", c.result_addresses);
    }
    return std::nullopt;
}

Fault instruction_fault(Engine engine, const Instruction& i) {
    if (i.rd >= kRegisters || i.rs >= kRegisters) return "register number out of range";
    if (i.imm != wrap_register(i.imm))
        return fmt::format("immediate {} does not fit {} bits", i.imm, kImmField.width);
    switch (i.opcode) {
        case Opcode::Halt:
        case Opcode::End:
            return unused_fault(i, false, false, false);
        case Opcode::Set:
            return unused_fault(i, true, false, true);
        case Opcode::Add:
        case Opcode::Xor:
            return std::nullopt;
        case Opcode::Addr:
            if (i.imm < 0 || i.imm >= kRegisters) return fmt::format("ADDR of register {}", i.imm);
            return std::nullopt;
        case Opcode::Loop:
            if (i.imm < 1) return fmt::format("LOOP {} times, expected at least 1", i.imm);
            return unused_fault(i, false, false, true);
        case Opcode::Wait:
        case Opcode::Post:
            return semaphore_fault(i);
        case Opcode::Run:
            return run_fault(engine, i);
    }
    return "opcode does not exist";
}

}  // namespace satsim::isa
