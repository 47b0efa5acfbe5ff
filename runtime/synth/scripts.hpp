// What Yosys is told to do.
//
// A script reads no more than its module needs: what Yosys makes of a block, down to single LUTs, depends on
// all that it has read before, so the figures of a block change with the files of this block only.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "runtime/synth/elaboration.hpp"

namespace satsim::synth {

// The cells of the device, as black boxes, in Yosys's own format: read at once, where its Verilog takes a
// second.
[[nodiscard]] std::string cell_library_script(const std::filesystem::path& output);

// The hierarchy of the whole design and nothing but that.
[[nodiscard]] std::string hierarchy_script(const Sources& sources, const std::string& module,
                                           const std::map<std::string, std::string>& parameters,
                                           const std::filesystem::path& output);

struct BlockSources {
    std::string package;             // file of the package
    std::set<std::string> own;       // files of the block and of what is dissolved in it
    std::set<std::string> interior;  // files of the blocks in it, of which the ports are read
};

// Maps one block to `cells` of `family`. An instance gives the parameters: Yosys 0.23 takes some modules
// apart twice when it is to set the parameters of a top module itself, and stops at their equal names.
[[nodiscard]] std::string block_script(const BlockSources& sources, const std::string& module,
                                       const std::map<std::string, std::string>& parameters,
                                       const std::string& family, const std::filesystem::path& cells,
                                       const std::filesystem::path& output);

}  // namespace satsim::synth
