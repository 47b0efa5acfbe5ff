// What became of the memories of a block: block RAM, UltraRAM, distributed RAM or registers, and what was
// meant.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/synth/elaboration.hpp"
#include "runtime/synth/netlist.hpp"

namespace satsim::synth {

// Equal memories of one block; indices of generate loops are written [*].
struct MemoryUse {
    std::string name;
    std::int64_t width = 0;
    std::int64_t words = 0;
    std::string style;                          // as the sources ask for it, or empty
    std::int64_t memories = 0;                  // how many of them
    std::map<std::string, std::int64_t> cells;  // RAM cells by type; none: registers, or nothing
    // Why this is not what was meant, or empty. A memory of more than kUndeclared bits must say what it is
    // meant to be.
    [[nodiscard]] std::string fault() const;
};

inline constexpr std::int64_t kUndeclared = 1024;

// The memories of `module` and of the modules that are dissolved in it.
[[nodiscard]] std::vector<MemoryUse> map_memories(const Elaboration& elaboration, const std::string& module,
                                                  const Plan& plan, const Netlist& netlist);

}  // namespace satsim::synth
