// Synthesis of a configuration by Yosys, block by block.
//
// Every distinct block (module and parameters) is mapped once, out of context, with the blocks inside it as
// black boxes; resources are summed by instances. Figures are estimates and upper bounds: Yosys packs no
// registers into DSP blocks and RAMs and knows CARRY4 only.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/synth/device.hpp"
#include "runtime/synth/elaboration.hpp"
#include "runtime/synth/memory_map.hpp"
#include "runtime/synth/plan.hpp"
#include "runtime/synth/resources.hpp"
#include "runtime/synth/timing.hpp"

namespace satsim::synth {

struct SynthesisSettings {
    Sources sources;
    Plan plan;
    Device device;
    std::string cache;  // folder, empty: the user's
    int jobs = 2;       // runs of Yosys at a time
    std::string only;   // one module's blocks alone; empty: all
};

struct Block {
    std::string name;  // module and parameters
    std::string module;
    std::map<std::string, std::int64_t> instances;  // by group of the floorplan
    Resources resources;                            // of one instance, without the blocks in it
    std::int64_t lut_pairs = 0;                     // of its LUTs, those that hold two functions
    Path longest;
    std::vector<MemoryUse> memories;

    [[nodiscard]] std::int64_t count() const;
};

struct Synthesis {
    std::string yosys;          // its version
    std::vector<Block> blocks;  // by name
    Resources total;
    std::map<std::string, Resources> groups;  // of the floorplan
    int rows = 0;                             // instances of the plan's row block
};

// Yosys, and what it calls itself. Throws InputError when it is not on the search path.
struct Yosys {
    std::filesystem::path program;
    std::string version;
};
[[nodiscard]] Yosys find_yosys();

// Called after every block with the blocks done and all of them.
using Progress = std::function<void(std::size_t, std::size_t)>;

// Throws InputError with Yosys's own words when it refuses the sources or the parameters.
[[nodiscard]] Synthesis synthesize(const SynthesisSettings& settings, const Progress& progress);

}  // namespace satsim::synth
