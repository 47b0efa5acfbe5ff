// All weight updates of a network on the cycle model, with their packed copies, and what they are limited by.
#pragma once

#include <filesystem>
#include <string>

#include "runtime/hardware/memory_config.hpp"
#include "runtime/isa/program.hpp"
#include "runtime/recipe/recipe.hpp"

namespace satsim::test {

// Sums over one program a layer, each from its cycle 0 to its end.
struct UpdateSum {
    std::int64_t parameters = 0;
    std::int64_t lines = 0;  // moved by the memory, in either direction
    Cycles refresh = 0;      // cycles in which DDR4 refreshes
    Cycles cycles = 0;
    Cycles alone =
        0;  // of the same programs when VEC takes one slot for anything: LOAD, STORE and memory alone
    Cycles vec = 0;    // cycles in which VEC has an operation
    Cycles lanes = 0;  // cycles in which all lanes issue micro-operations
};

// `network`: the name of a file in `models`/networks.
[[nodiscard]] UpdateSum network_update(const std::filesystem::path& models, const std::string& network,
                                       const Recipe& recipe, const isa::ArrayConfig& array,
                                       const dram::MemoryConfig& memory);

}  // namespace satsim::test
