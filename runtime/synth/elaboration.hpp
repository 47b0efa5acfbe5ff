// The hierarchy of the RTL with chosen parameters, as Yosys elaborates it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/synth/plan.hpp"

namespace satsim::synth {

// The sources, in the order in which they are read: the package of the instruction set first.
struct Sources {
    std::filesystem::path folder;
    std::vector<std::filesystem::path> files;
};

// All of rtl/*.sv in `folder`, and sat_isa.sv from there or from `generated`. Throws InputError when a part
// is missing.
[[nodiscard]] Sources find_sources(const std::filesystem::path& folder,
                                   const std::filesystem::path& generated);

struct Memory {
    std::string name;
    std::int64_t width = 0;  // bits of a word
    std::int64_t words = 0;
    std::string style;  // attribute ram_style, or empty
};

struct Instance {
    std::string name;
    std::string module;  // key in Elaboration::modules
};

struct Module {
    std::string module;                             // name in the sources
    std::map<std::string, std::string> parameters;  // all, integers in decimal
    std::string file;
    std::vector<std::string> ports;  // "output data_o 32"
    std::vector<Instance> instances;
    std::vector<Memory> memories;
};

struct Elaboration {
    std::string top;
    std::map<std::string, Module> modules;  // by key
};

// "sync_fifo DEPTH=64 WIDTH=38".
[[nodiscard]] std::string module_key(const std::string& module,
                                     const std::map<std::string, std::string>& parameters);

[[nodiscard]] Elaboration read_elaboration(const nlohmann::json& document, const std::string& name);

}  // namespace satsim::synth
