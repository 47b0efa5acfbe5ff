// SDGP's dY^T, pruned and packed, as the BP GEMMs read it.
#pragma once

#include "runtime/execute/packed_weight.hpp"

namespace satsim::execute {

// B of a BP GEMM, [group of channels][tap, channel][position of the grid]: for each tap the pruned dY^T
// shifted by it, +0 where it reads outside the map, the taps' rows behind each other. `copies`: what the
// step's pruning leaves, [copy][channel][position of dY], all of the same dY; taps of different columns read
// different ones. `reads`: the grid and the taps of the GEMM before it was turned (StridePhase), with the
// channels of one of `groups`. Nothing is selected here: a position is moved with all of its channels.
//
// Throws std::logic_error where the copies are not of the map that is read, are too few, or hold in one
// stored group what two taps or groups of channels read.
[[nodiscard]] PackedWeight shifted_copies(const PackedWeight& copies, const Gather& reads, int groups);

}  // namespace satsim::execute
