// The values that the parameters of one operation may have; contract.md §4, §5, §7 and §9, and the buffers'
// bounds.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "runtime/isa/program.hpp"

namespace satsim::isa {

using RegisterFile = std::array<std::int64_t, kRegisters>;

// Registers as far as they are known: bit i of `known` tells whether values[i] means anything.
struct KnownRegisters {
    RegisterFile values{};
    std::uint32_t known = 0xFFFFFFFFU;
};

// What is wrong with an operation of `engine`, as "name is 3, expected 1..2", or nothing. A rule is applied
// when all registers it needs are known. VEC's parameters are checked by the vector unit.
[[nodiscard]] std::optional<std::string> operation_fault(Engine engine, const KnownRegisters& registers,
                                                         std::uint32_t flags, const ArrayConfig& config);

}  // namespace satsim::isa
