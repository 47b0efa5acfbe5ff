// The FPGA as data: what it has, what a shell leaves of it, and what a level of logic costs; models/devices.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/hardware/hardware.hpp"
#include "runtime/synth/resources.hpp"

namespace satsim::synth {

struct Region {
    std::string name;
    Resources resources;
};

// Nanoseconds. A net costs the same wherever it goes, but none between a LUT and the carry chain, multiplexer
// or flip-flop of its own slice.
struct Delays {
    Figure clock_uncertainty;
    Figure net;
    Figure register_clock_to_out, register_setup;
    Figure lut, mux;
    Figure carry_enter;  // from S or DI to a carry or a sum
    Figure carry_step;   // through four bits
    Figure carry_leave;  // from the carry in to a sum
    Figure lutram_clock_to_out, lutram_setup;
    Figure bram_clock_to_out, bram_setup;
    Figure uram_clock_to_out, uram_setup;
    Figure dsp_combinational;  // A and B to P without any register
    Figure dsp_setup, dsp_clock_to_out;
};

struct NamedDelay {
    const char* name;
    Figure Delays::*figure;
};
[[nodiscard]] const std::vector<NamedDelay>& named_delays();

struct Device {
    std::string name;
    std::string description;
    std::string yosys_family;
    Resources total;
    std::string total_source;
    Resources shell_total;
    std::vector<Region> regions;  // under a shell, in the order in which they are stacked
    std::string shell_source;
    Delays delays;
};

// Throws InputError naming file and JSON pointer.
[[nodiscard]] Device load_device(const std::filesystem::path& path);
[[nodiscard]] Device parse_device(std::string_view text, const std::string& name);

}  // namespace satsim::synth
