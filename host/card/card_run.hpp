// One program on a card: memory to the banks, run, memory back, compared with the functional model.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "host/card/card.hpp"
#include "host/card/driver.hpp"
#include "runtime/functional/memory_image.hpp"
#include "runtime/isa/program.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::card {

// A program, and what its memory holds before it runs: its image, its segments, and operands from elsewhere.
struct Work {
    std::string name;
    isa::Program program;
    MemoryImage memory;
    // Beside the functional model: empty when the memory after the run is right, else what is wrong. May be
    // empty.
    std::function<std::string(const MemoryImage& after)> check;
};

// A program that passes every check of the host (sat::require_runnable). Throws InputError.
[[nodiscard]] Work work_of_program(isa::Program program, std::string name);
// A scheduled GEMM for this array with random operands of `seed`, its result checked by plain arithmetic too.
// Throws InputError.
[[nodiscard]] Work work_of_gemm(const GemmTask& task, const isa::ArrayConfig& array, std::uint64_t seed);

struct RunOptions {
    std::int64_t memory_bytes = 0;  // of the program's memory; 0: what the program touches
    std::uint32_t watchdog_cycles = 1'000'000'000;
    double timeout_s = 10;
    double poll_s = 0.0001;
    bool compare = true;  // with the functional model
};

struct RunReport {
    std::string card;
    std::string program;
    isa::ArrayConfig array;
    std::int64_t memory_lines = 0;
    Outcome outcome;
    bool compared = false;  // only after a run without error
    std::int64_t different_bytes = 0;
    std::int64_t first_difference = -1;  // byte address in the program's memory
    std::string check_fault;             // of Work::check
    MemoryImage after;

    // Compared where `compared`: whether a result is infinite or NaN, as the functional model has it.
    bool nonfinite_expected = false;
    [[nodiscard]] bool nonfinite_differs() const {
        return compared && outcome.status.nonfinite != nonfinite_expected;
    }
    [[nodiscard]] bool ok() const {
        return outcome.ok() && different_bytes == 0 && !nonfinite_differs() && check_fault.empty();
    }
};

// Throws InputError for a program of another array or memory that the card does not have, CardError for a
// kernel that misbehaves.
[[nodiscard]] RunReport run_on_card(Card& card, const Work& work, const RunOptions& options);

}  // namespace satsim::card
