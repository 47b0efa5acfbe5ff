// Packed N:M weights back to dense ones: unpack(pack(w)) equals prune(w), bit for bit.
#pragma once

#include <span>

#include "runtime/nm/packed_matrix.hpp"
#include "runtime/nm/weight_shape.hpp"

namespace satsim::nm {

// Writes all elements of `shape` (+0 where nothing was kept) and nothing between its rows. `shape` is that of
// the weights before packing; a pair whose index is not above the one before it is padding. Throws
// std::invalid_argument when `packed` cannot have come from this shape, its planes have the wrong size, or an
// index points outside its group.
void unpack_columns(const PackedMatrix& packed, const WeightShape& shape, std::span<Fp16> w);
void unpack_rows(const PackedMatrix& packed, const WeightShape& shape, std::span<Fp16> w);

}  // namespace satsim::nm
