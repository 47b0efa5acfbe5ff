// What a user should know of a run that goes on: a line on stderr, each said once.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <set>
#include <string>

namespace satsim::host {

// Of a comparison, both steps have the same to say.
inline void note_once(const std::string& text) {
    static std::set<std::string> said;
    if (said.insert(text).second) fmt::print(stderr, "satsim: note: {}\n", text);
}

// `dataflow` as --dataflow has it, of a whole training step.
inline void note_dataflow(const std::string& dataflow) {
    if (dataflow == "ws")
        note_once(
            "--dataflow ws is for FF and BP; WU and the products of attention that sum over positions stay "
            "output-stationary: their operand is turned on its way into the array, which has no such way for "
            "weights that stay");
}

}  // namespace satsim::host
