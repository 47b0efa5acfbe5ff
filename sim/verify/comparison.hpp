// What differs between the functional model, the cycle model and the RTL after one program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/functional/memory_image.hpp"
#include "runtime/isa/program.hpp"
#include "runtime/trace/execution.hpp"

namespace satsim::verify {

// The first operation, by its start, whose record is not the same on both sides; nullopt: that side has fewer
// operations of this engine.
struct OperationDifference {
    isa::Engine engine{};
    std::size_t operation = 0;  // number on its engine, from 0, in dispatch order
    std::optional<OperationRecord> cycle;
    std::optional<OperationRecord> rtl;
};

struct Comparison {
    std::int64_t bits = 0;      // bits of DRAM: cycle and RTL against functional, functional against the
                                // plain reference
    std::int64_t cycles = 0;    // starts, releases and ends of operations, start and end of the program, that
                                // differ between cycle and RTL; three for an operation that one side lacks
    std::int64_t counters = 0;  // activates, lines and refreshes of the memory object that differ, and
                                // whether a result was infinite or NaN
    std::string stopped;        // "rtl: cycle 12: ...": an implementation that gave up
    std::string first_bits;     // where bits differ first
    std::string first_bound;    // the program's start or end, where they differ
    std::optional<OperationDifference> first_operation;
    bool nonfinite = false;       // the RTL says that a result was infinite or NaN
    Cycles simulated = 0;         // cycles of the program on the RTL
    std::int64_t operations = 0;  // operations compared

    [[nodiscard]] bool equal() const { return bits == 0 && cycles == 0 && counters == 0 && stopped.empty(); }
};

// Adds what differs to `result`. `who` names the side under test ("rtl").
void compare_memories(const MemoryImage& expected, const MemoryImage& found, const std::string& who,
                      Comparison& result);
void compare_executions(const Execution& cycle, const Execution& rtl, Comparison& result);

// Several lines for people: what differs first, with the instruction of the operation and its registers.
[[nodiscard]] std::string report(const Comparison& comparison, const isa::Program& program);

}  // namespace satsim::verify
