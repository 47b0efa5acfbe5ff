// One program on the functional model, the cycle model and the verilated RTL, behind the same memory.
#pragma once

#include <filesystem>
#include <utility>
#include <vector>

#include "sim/cycle/cycle_sat.hpp"
#include "sim/rtl/rtl_sat.hpp"
#include "sim/verify/comparison.hpp"
#include "sim/verify/subject.hpp"

namespace satsim::verify {

// A mismatch on purpose, for the proof that one is noticed.
enum class Fault {
    None,
    Memory,  // the RTL's memory answers a cycle later
    Data     // two bits of the data are flipped before the RTL runs
};

// As many cycles as a program may take on either side.
inline constexpr Cycles kCycleLimit = 2'000'000;

class Engines {
  public:
    explicit Engines(Fault fault = Fault::None) : fault_(fault) {}

    // `waves`: file for the RTL's signals, or empty. An implementation that gives up is part of the result;
    // throws InputError for an array that was not verilated and for waves where the RTL has none.
    [[nodiscard]] Comparison run(const Subject& subject, const std::filesystem::path& waves = {});
    [[nodiscard]] Comparison run(const Case& c) { return run(subject_of(c)); }

    [[nodiscard]] bool has_waves(const isa::ArrayConfig& array) { return rtl_of(array).has_waves(); }

  private:
    [[nodiscard]] sim::rtl::RtlSat& rtl_of(const isa::ArrayConfig& array);

    Fault fault_;
    cycle::CycleSat cycle_;
    std::vector<std::pair<isa::ArrayConfig, sim::rtl::RtlSat>> rtl_;
};

}  // namespace satsim::verify
