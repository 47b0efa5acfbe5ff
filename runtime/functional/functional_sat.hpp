// A SAT without a clock: runs a program on real data, bit for bit as the hardware does.
#pragma once

#include <string>

#include "runtime/functional/memory_image.hpp"
#include "runtime/functional/on_chip_state.hpp"
#include "runtime/functional/vector_unit.hpp"

namespace satsim {

// Writes the program's image segments, in order, and its instruction image to `dram`: what a card's memory
// holds before the program is started.
void place_program(const isa::Program& program, MemoryImage& dram);

class FunctionalSat {
  public:
    // `vector`: executes VEC's operations, not owned; without one, a RUN on VEC is an error.
    // Throws InputError for an impossible configuration.
    explicit FunctionalSat(const isa::ArrayConfig& config, functional::VectorUnit* vector = nullptr);

    // Places the program in `dram` and runs it to its end, from cleared on-chip memories. The engines take
    // turns, each running until it must wait; an operation happens at once and then pushes its tokens. A
    // program whose tokens order all its accesses gives the same result in hardware. Throws InputError
    // (`name` first) for a program of another array, a malformed stream, a deadlock, a semaphore above 255,
    // and operations with parameters out of range (naming engine and instruction).
    void run(const isa::Program& program, MemoryImage& dram, const std::string& name = "program");

    // The on-chip memories as the last program left them.
    [[nodiscard]] const functional::OnChipState& state() const { return state_; }

  private:
    functional::OnChipState state_;
    functional::VectorUnit* vector_;
};

}  // namespace satsim
