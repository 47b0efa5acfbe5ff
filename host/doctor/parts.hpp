// The parts that satsim uses when they are there: found or not, where, which version, what a missing one
// costs.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace satsim::host {

struct PartState {
    bool found = false;   // on this machine, or in this program
    std::string version;  // as the part prints it, or empty
    std::string where;    // file or device, or empty
};

struct Part {
    std::string name;
    std::string package;  // of Debian 12 that brings it
    std::string without;  // what a missing one costs
    PartState state;
    std::optional<bool>
        in_build;  // whether this program was built with it; nothing where the build does not ask
};

// Looks at the machine: runs `NAME --version` of programs, opens libraries, counts CUDA devices. Seconds at
// most.
[[nodiscard]] std::vector<Part> examine();

}  // namespace satsim::host
