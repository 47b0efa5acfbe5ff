// Writes one engine's instruction stream: control instructions, loops with peeled tails, operations. What a
// register holds already is not written again: streams are shorter to fetch and to walk, and fit.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/isa/instruction.hpp"

namespace satsim::schedule {

class StreamBuilder {
  public:
    void set(int reg, std::int64_t value) {
        if (becomes(reg, value)) emit(isa::Opcode::Set, reg, 0, value);
    }
    // reg = source + value
    void add(int reg, int source, std::int64_t value) {
        if (reg == source && value == 0) return;
        std::optional<std::int64_t> sum = held(source);
        if (sum) *sum += value;
        if (becomes(reg, sum)) emit(isa::Opcode::Add, reg, source, value);
    }
    void toggle(int reg, std::int64_t distance) {
        if (distance == 0) return;
        if (auto& value = held(reg)) *value ^= distance;
        emit(isa::Opcode::Xor, reg, reg, distance);
    }
    void wait(int semaphore, std::int64_t tokens = 1) { emit(isa::Opcode::Wait, semaphore, 0, tokens); }
    void run(const isa::RunFields& fields) { emit(isa::Opcode::Run, 0, 0, isa::encode_run(fields)); }
    void halt() { emit(isa::Opcode::Halt, 0, 0, 0); }

    // The body `count` times: nothing for 0, without a loop for 1.
    template <typename Body>
    void loop(std::int64_t count, Body&& body) {
        if (count <= 0) return;
        if (count == 1) return std::forward<Body>(body)();
        emit(isa::Opcode::Loop, 0, 0, count);
        held_ = {};  // iterations begin with what the one before left
        std::forward<Body>(body)();
        emit(isa::Opcode::End, 0, 0, 0);
    }

    [[nodiscard]] std::vector<isa::Instruction> take() { return std::move(stream_); }

  private:
    using Held = std::optional<std::int64_t>;

    [[nodiscard]] Held& held(int reg) { return held_[static_cast<std::size_t>(reg)]; }
    // Whether `value` (nothing: not known) is news to `reg`.
    [[nodiscard]] bool becomes(int reg, Held value) {
        if (value && held(reg) == value) return false;
        held(reg) = value;
        return true;
    }
    void emit(isa::Opcode opcode, int rd, int rs, std::int64_t imm) {
        stream_.push_back({opcode, static_cast<std::uint8_t>(rd), static_cast<std::uint8_t>(rs), imm});
    }

    std::vector<isa::Instruction> stream_;
    std::array<Held, isa::kRegisters> held_{};  // what the registers are known to hold
};

}  // namespace satsim::schedule
