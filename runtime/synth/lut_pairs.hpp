// Pairs of LUTs that share one: a six-input LUT of the family holds two functions of at most five inputs
// together (LUT6_2; UG574, "Look-Up Tables").
#pragma once

#include <cstdint>

#include "runtime/synth/netlist.hpp"

namespace satsim::synth {

// How many pairs of the netlist's LUTs can be formed, each LUT in at most one. Only LUTs that share an input
// are paired: those may as well stand beside each other. Found greedily, those with the most inputs in common
// first: a lower bound of what is possible, and each pair can be built.
[[nodiscard]] std::int64_t lut_pairs(const Netlist& netlist);

}  // namespace satsim::synth
