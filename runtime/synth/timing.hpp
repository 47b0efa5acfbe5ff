// The longest path of a mapped netlist by a table of delays, and what its ports show to the block above.
//
// Every net of every fan-out costs the same, so the figures are those of a placement in which no way is far.
// Blocks inside are known by their own BlockTiming: paths run through them as if the netlist were flat.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/synth/device.hpp"
#include "runtime/synth/netlist.hpp"

namespace satsim::synth {

// A way to, from or between registers. `levels` counts LUTs, reads of distributed RAM, DSP blocks and runs of
// carry cells, as one each.
struct Way {
    double ns = -1;  // below 0: there is none
    int levels = 0;
    std::string end;  // the register, memory or port at its other end

    [[nodiscard]] bool exists() const { return ns >= 0; }
};

struct Through {
    std::string input;
    std::string output;
    double ns = 0;
    int levels = 0;
};

// The longest path that lies in the netlist or ends at its ports. A port counts as a register outside.
struct Path {
    double ns = 0;  // from clock edge to clock edge, with setup and clock uncertainty
    int levels = 0;
    std::string from;
    std::string to;

    [[nodiscard]] double megahertz() const { return ns > 0 ? 1000 / ns : 0; }
};

// Bits of ports are named "port[0]".
struct BlockTiming {
    std::map<std::string, Way, std::less<>> setup;   // by input bit: to the register at its end
    std::map<std::string, Way, std::less<>> launch;  // by output bit: from the register at its beginning
    std::vector<Through> through;
    Path longest;
};

// `blocks` by cell type. Throws InputError for a combinational loop, which has no longest path.
[[nodiscard]] BlockTiming analyse(const Netlist& netlist, const Delays& delays,
                                  const std::map<std::string, const BlockTiming*, std::less<>>& blocks,
                                  const std::string& name);

[[nodiscard]] nlohmann::json to_json(const BlockTiming& timing);
[[nodiscard]] BlockTiming timing_from_json(const nlohmann::json& document);

}  // namespace satsim::synth
