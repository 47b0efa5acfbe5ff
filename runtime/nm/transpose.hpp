// Transposition of a small block of 16-bit values, for groups that run along the contiguous dimension.
// Internal.
#pragma once

#include <cstddef>
#include <cstdint>

namespace satsim::nm {

// out[c * out_stride + r] = in[r * in_stride + c] for r < rows, c < columns. Strides in elements.
void transpose(const std::uint16_t* in, std::ptrdiff_t in_stride, int rows, int columns, std::uint16_t* out,
               std::ptrdiff_t out_stride);

}  // namespace satsim::nm
