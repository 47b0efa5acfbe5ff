// What makes an array configuration and a single instruction well-formed, apart from the program around them.
//
// Every function returns what is wrong, as the end of a sentence for an error message, or nothing.
#pragma once

#include <optional>
#include <string>

#include "runtime/isa/instruction.hpp"
#include "runtime/isa/program.hpp"

namespace satsim::isa {

// DRAM addresses have as many bits as a register.
inline constexpr std::int64_t kAddressLimit = std::int64_t{1} << kRegisterBits;
// Instructions of one engine: the program header counts them in 16 bits.
inline constexpr std::int64_t kStreamLimit = (1 << 16) - 1;
// LOAD's steps from one position to the next (sx, sy) have 8 bits.
inline constexpr int kStrideLimit = (1 << 8) - 1;

// contract.md §1 and §9: sizes are positive and bounded, C a multiple of 4, MAXM 4, 8 or 16, CH a power of
// two, PF >= 4, BL <= LF, SF > BL.
[[nodiscard]] std::optional<std::string> config_fault(const ArrayConfig& config);

// Register and semaphore numbers exist, counts are in range, RUN names only flags of this engine, and every
// field that the opcode does not use is zero (so that text and binary form hold the same).
[[nodiscard]] std::optional<std::string> instruction_fault(Engine engine, const Instruction& instruction);

}  // namespace satsim::isa
