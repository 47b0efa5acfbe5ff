// One SAT instruction: encoding, decoding and the text form. The layout comes from isa/sat_isa.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sat_isa.hpp"

namespace satsim::isa {

struct Instruction {
    Opcode opcode = Opcode::Halt;
    std::uint8_t rd = 0;
    std::uint8_t rs = 0;
    std::int64_t imm = 0;  // signed 40 bits
    bool operator==(const Instruction&) const = default;
};

// The immediate of RUN, taken apart. Semaphores are -1 where no token is pushed.
struct RunFields {
    int push_early0 = -1;
    int push_early1 = -1;
    int push_end = -1;
    std::uint32_t flags = 0;
    bool operator==(const RunFields&) const = default;
};

// Throws std::out_of_range when a field does not fit its width (a fault of the emitter, not of the user).
[[nodiscard]] std::uint64_t encode(const Instruction& instruction);
// Empty for an opcode or register number that does not exist.
[[nodiscard]] std::optional<Instruction> decode(std::uint64_t word);

[[nodiscard]] std::int64_t encode_run(const RunFields& fields);
[[nodiscard]] RunFields decode_run(std::int64_t imm);

// A value as a 40-bit two's complement register holds it.
[[nodiscard]] constexpr std::int64_t wrap_register(std::int64_t value) {
    constexpr int shift = 64 - kRegisterBits;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << shift) >> shift;
}

}  // namespace satsim::isa
