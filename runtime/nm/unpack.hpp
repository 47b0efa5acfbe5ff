// Packed N:M weights back to dense ones: unpack(pack(w)) equals prune(w), bit for bit.
#pragma once

#include <span>

#include "runtime/nm/packed_matrix.hpp"
#include "runtime/nm/weight_shape.hpp"
#include "runtime/numerics/vector_level.hpp"

namespace satsim::nm {

using numerics::best_vector_level;
using numerics::VectorLevel;

// Writes all elements of `shape` (+0 where nothing was kept) and nothing between its rows. `shape` is that of
// the weights before packing; a pair whose index is not above the one before it is padding. Throws
// std::invalid_argument when `packed` cannot have come from this shape, its planes have the wrong size, or an
// index points outside its group; `w` may then be written in part. The result does not depend on `level`,
// which must not exceed best_vector_level().
void unpack_columns(const PackedMatrix& packed, const WeightShape& shape, std::span<Fp16> w,
                    VectorLevel level = best_vector_level());
void unpack_rows(const PackedMatrix& packed, const WeightShape& shape, std::span<Fp16> w,
                 VectorLevel level = best_vector_level());

}  // namespace satsim::nm
