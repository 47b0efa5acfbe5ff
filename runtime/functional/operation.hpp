// One RUN, as the sequencer hands it to its engine.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/isa/operation_rules.hpp"

namespace satsim::functional {

struct Operation {
    isa::Engine engine = isa::Engine::Load;
    isa::RegisterFile registers{};
    std::uint32_t flags = 0;       // the engine's own flags (isa::load::kSeek, ...)
    std::int64_t instruction = 0;  // number of the RUN in its stream, for messages

    [[nodiscard]] std::int64_t operator[](int reg) const { return registers[static_cast<std::size_t>(reg)]; }
    [[nodiscard]] bool has(std::uint32_t flag) const { return (flags & flag) != 0; }
};

// Throws InputError "LOAD instruction 12: message".
[[noreturn]] void fail(const Operation& op, const std::string& message);
// Throws it for parameters that isa/operation_rules.hpp forbids, among them accesses beyond a buffer's end.
void check_operation(const Operation& op, const isa::ArrayConfig& config);

}  // namespace satsim::functional
