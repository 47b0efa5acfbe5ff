// The fast fidelity: the cycles of a program without simulating all of it; docs/architecture/fast-model.md.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/hardware/memory_config.hpp"
#include "runtime/isa/program.hpp"
#include "runtime/support/types.hpp"

namespace satsim::fast {

// What the RUN instruction `pc` of LOAD or STORE moves, on average, for each position of its operations.
struct RunTraffic {
    std::uint16_t pc = 0;
    float lines = 0;
};

struct Prediction {
    Cycles cycles = 0;     // of the whole program, fetch included
    Cycles simulated = 0;  // of them, those that were not left out
    // As isa::Engine numbers them: cycles in which each had an operation, at the share of what was simulated.
    std::array<Cycles, isa::kEngines> busy{};
    double activates = 0;  // rows opened a line, of the lines that were followed one by one
    // Of the instructions that were met, by pc; exact when nothing was left out.
    std::vector<RunTraffic> load;
    std::vector<RunTraffic> store;
};

// Keeps its buffers from call to call. Not for use by several threads at once.
class FastSat {
  public:
    FastSat();
    ~FastSat();
    FastSat(FastSat&&) noexcept;
    FastSat& operator=(FastSat&&) noexcept;

    // Throws InputError for a program that breaks the contract's rules or waits for itself. The memory's
    // number of channels is the program's. Ideal memory without random stalls: equal to `cycle`.
    [[nodiscard]] Prediction predict(const isa::Program& program, const dram::MemoryConfig& memory);

  private:
    class Run;
    std::unique_ptr<Run> run_;
};

}  // namespace satsim::fast
