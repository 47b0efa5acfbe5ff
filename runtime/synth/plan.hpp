// Which modules of the RTL are kept whole and where they lie; rtl/synth/blocks.json.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "runtime/isa/program.hpp"
#include "runtime/synth/floorplan.hpp"

namespace satsim::synth {

// A module that is synthesized by itself. Modules that are none are dissolved in the block above.
struct BlockRule {
    std::string group;     // of the floorplan; empty: that of the block above
    std::string numbered;  // a parameter that only numbers the instances: one stands for all
};

struct Plan {
    std::string top;
    std::map<std::string, std::string> parameters;  // of the top module: name and value
    std::string row_block;                          // one instance an array row
    RowEnds row_ends;
    std::map<std::string, BlockRule, std::less<>> blocks;
};

// The plan for one configuration. Throws InputError naming file and JSON pointer.
[[nodiscard]] Plan load_plan(const std::filesystem::path& path, const isa::ArrayConfig& array);
[[nodiscard]] Plan parse_plan(std::string_view text, const std::string& name, const isa::ArrayConfig& array);

}  // namespace satsim::synth
