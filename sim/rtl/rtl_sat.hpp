// The verilated RTL as a target: runs a program on rtl/sat_core.sv behind the memory object, cycle by cycle.
//
// Each array configuration is a verilated model of its own, built into the library: thin_slice() (4x4, one
// channel), eight_by_eight() (8x8, two channels) and four_by_sixteen() (4x16, one channel, M up to 16,
// sixteen accumulator slots: index rows of one column slot are whole words, so weight-stationary N:M programs
// exist).
#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <vector>

#include "runtime/functional/memory_image.hpp"
#include "runtime/isa/program.hpp"
#include "runtime/trace/execution.hpp"
#include "sim/dram/memory.hpp"

namespace satsim::sim::rtl {

[[nodiscard]] isa::ArrayConfig thin_slice();
[[nodiscard]] isa::ArrayConfig eight_by_eight();
[[nodiscard]] isa::ArrayConfig four_by_sixteen();
// The configurations that were verilated.
[[nodiscard]] std::vector<isa::ArrayConfig> built_configurations();

// The core stopped: its error output, an event that the contract excludes, or the cycle limit.
class RtlError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

class RtlModel;  // one verilated model

class RtlSat {
  public:
    // Throws InputError if no verilated model has this configuration.
    explicit RtlSat(const isa::ArrayConfig& config);
    RtlSat(RtlSat&&) noexcept;
    RtlSat& operator=(RtlSat&&) noexcept;
    ~RtlSat();

    // Writes the program's image into `dram` at program.address, runs from reset to the end, and leaves what
    // STORE wrote in `dram`. Operations are always recorded. Throws InputError for a program of another
    // configuration, RtlError when the core reports an error or the program has not ended after `limit`
    // cycles.
    [[nodiscard]] Execution run(const isa::Program& program, MemoryImage& dram,
                                const dram::MemoryConfig& memory, Cycles limit);

    // Registers and memories start from random values that follow from the seed (Verilator's --x-initial
    // unique).
    void set_seed(int seed);

    // Following runs write all signals to this FST file; an empty path ends that. Throws InputError where
    // has_waves() is false: the model was verilated without (CMake option SATSIM_RTL_TRACE).
    void set_waves(const std::filesystem::path& file);
    [[nodiscard]] bool has_waves() const;

  private:
    isa::ArrayConfig config_;
    std::unique_ptr<RtlModel> model_;
    int seed_ = 1;
    std::filesystem::path waves_;
};

}  // namespace satsim::sim::rtl
