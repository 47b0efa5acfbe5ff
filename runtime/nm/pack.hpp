// Dense weights to packed N:M weights. The selection rule is in weight_shape.hpp, the format in
// packed_matrix.hpp.
#pragma once

#include <span>

#include "runtime/nm/packed_matrix.hpp"
#include "runtime/nm/weight_shape.hpp"
#include "runtime/numerics/vector_level.hpp"

namespace satsim::nm {

using numerics::best_vector_level;
using numerics::VectorLevel;

// Groups along the rows: packed columns are `shape.columns`, groups = ceil(rows / M). `w` is not changed and
// need not have been pruned. `out` is overwritten; nothing is allocated when its vectors are already large
// enough. The result does not depend on `level`, which must not exceed best_vector_level(). Throws
// std::invalid_argument for a pattern or shape that weight_shape.hpp refuses, and for more than 2^31 - 1
// padded columns or groups.
void pack_columns(std::span<const Fp16> w, const WeightShape& shape, NmPattern nm, PackedMatrix& out,
                  VectorLevel level = best_vector_level());

// Groups along the columns: packed columns are `shape.rows`, groups = ceil(columns / M). Taps keep their
// order. Otherwise as above.
void pack_rows(std::span<const Fp16> w, const WeightShape& shape, NmPattern nm, PackedMatrix& out,
               VectorLevel level = best_vector_level());

[[nodiscard]] inline PackedMatrix pack_columns(std::span<const Fp16> w, const WeightShape& shape,
                                               NmPattern nm) {
    PackedMatrix out;
    pack_columns(w, shape, nm, out);
    return out;
}
[[nodiscard]] inline PackedMatrix pack_rows(std::span<const Fp16> w, const WeightShape& shape, NmPattern nm) {
    PackedMatrix out;
    pack_rows(w, shape, nm, out);
    return out;
}

}  // namespace satsim::nm
