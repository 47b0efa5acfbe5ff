// The fast fidelity: the cycles of a program without simulating all of it; docs/architecture/fast-model.md.
#pragma once

#include <memory>

#include "runtime/hardware/memory_config.hpp"
#include "runtime/isa/program.hpp"
#include "runtime/support/types.hpp"

namespace satsim::fast {

struct Prediction {
    Cycles cycles = 0;     // of the whole program, fetch included
    Cycles simulated = 0;  // of them, those that were not left out
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
