// Masks of N:M selection and pruning in place. The selection rule is in weight_shape.hpp; errors are those of
// pack.hpp.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/nm/weight_shape.hpp"
#include "runtime/numerics/fp16.hpp"
#include "runtime/numerics/vector_level.hpp"

namespace satsim::nm {

using numerics::best_vector_level;
using numerics::VectorLevel;

// What is not kept becomes +0. Applying it twice is applying it once.
void prune_columns(std::span<Fp16> w, const WeightShape& shape, NmPattern nm,
                   VectorLevel level = best_vector_level());
void prune_rows(std::span<Fp16> w, const WeightShape& shape, NmPattern nm,
                VectorLevel level = best_vector_level());

// kept[i] = 1 where w[i] is kept, else 0; `kept` has the shape and the strides of `w`.
void mask_columns(std::span<const Fp16> w, const WeightShape& shape, NmPattern nm,
                  std::span<std::uint8_t> kept, VectorLevel level = best_vector_level());
void mask_rows(std::span<const Fp16> w, const WeightShape& shape, NmPattern nm, std::span<std::uint8_t> kept,
               VectorLevel level = best_vector_level());

}  // namespace satsim::nm
