// Writes one engine's instruction stream: control instructions, loops with peeled tails, operations.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/isa/instruction.hpp"

namespace satsim::schedule {

class StreamBuilder {
  public:
    void set(int reg, std::int64_t value) { emit(isa::Opcode::Set, reg, 0, value); }
    // reg = source + value
    void add(int reg, int source, std::int64_t value) {
        if (reg != source || value != 0) emit(isa::Opcode::Add, reg, source, value);
    }
    void toggle(int reg, std::int64_t distance) {
        if (distance != 0) emit(isa::Opcode::Xor, reg, reg, distance);
    }
    void wait(int semaphore, std::int64_t tokens = 1) { emit(isa::Opcode::Wait, semaphore, 0, tokens); }
    void run(const isa::RunFields& fields) { emit(isa::Opcode::Run, 0, 0, isa::encode_run(fields)); }
    void halt() { emit(isa::Opcode::Halt, 0, 0, 0); }

    // The body `count` times: nothing for 0, without a loop for 1.
    template <typename Body>
    void loop(std::int64_t count, Body&& body) {
        if (count <= 0) return;
        if (count > 1) emit(isa::Opcode::Loop, 0, 0, count);
        std::forward<Body>(body)();
        if (count > 1) emit(isa::Opcode::End, 0, 0, 0);
    }

    [[nodiscard]] std::vector<isa::Instruction> take() { return std::move(stream_); }

  private:
    void emit(isa::Opcode opcode, int rd, int rs, std::int64_t imm) {
        stream_.push_back({opcode, static_cast<std::uint8_t>(rd), static_cast<std::uint8_t>(rs), imm});
    }

    std::vector<isa::Instruction> stream_;
};

}  // namespace satsim::schedule
