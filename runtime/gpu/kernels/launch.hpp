// The kernels' launches. Each returns cudaGetLastError() of its launch as an int, so that no header of CUDA
// is needed here; pointers are device pointers, work is queued on `stream`.
#pragma once

#include "runtime/gpu/shared/columnwise.hpp"
#include "runtime/gpu/shared/floats.hpp"
#include "runtime/gpu/shared/operations.hpp"
#include "runtime/gpu/shared/rowwise.hpp"
#include "runtime/gpu/shared/sparse_tile.hpp"
#include "runtime/gpu/shared/tables.hpp"
#include "runtime/gpu/shared/update_tile.hpp"
#include "runtime/gpu/shared/windows.hpp"

struct CUstream_st;

namespace satsim::gpu {

using Stream = CUstream_st*;

// Optimizer step, pruning and packing in one pass (update_tile.hpp).
[[nodiscard]] int launch_update(UpdateRule rule, const UpdateArguments& arguments, Stream stream);

// C = map * W^T with W a compressed 2:4 matrix (sparse_tile.hpp). Needs compute capability 8.0.
enum class SparseTileSize { Large, Medium, Small };
[[nodiscard]] const char* to_string(SparseTileSize size);
[[nodiscard]] int launch_sparse_gemm(SparseTileSize size, const SparseGemmArguments& arguments,
                                     Stream stream);

// The same by wgmma.sp, for what WgmmaTile::refusal lets pass (else cudaErrorInvalidValue). Needs compute
// capability 9.x and a build with code of sm_90a (else cudaErrorNoKernelImageForDevice), and a driver that
// encodes tensor maps (else cudaErrorNotSupported). Operands are aligned to 16 bytes.
// Staggered: the second group of warps begins later, so that one writes its results while the other
// multiplies; only where all of K fits into the buffers, else as Wide. Narrow: tiles of 128 positions instead
// of 256.
enum class WgmmaWay { Wide, Staggered, Narrow };
[[nodiscard]] constexpr const char* to_string(WgmmaWay way) {
    return way == WgmmaWay::Wide ? "128x256" : way == WgmmaWay::Staggered ? "128x256 staggered" : "128x128";
}
[[nodiscard]] int launch_sparse_wgmma(const SparseGemmArguments& arguments, WgmmaWay way, Stream stream);

[[nodiscard]] int launch_elementwise(Elementwise operation, const ElementwiseArguments& arguments,
                                     Stream stream);

[[nodiscard]] int launch_rowwise(Rowwise operation, const RowArguments& arguments, Stream stream);

// Two kernels, see columnwise.hpp. The workspace holds strips() * 2 * columns floats.
[[nodiscard]] int launch_columnwise(Columnwise operation, const ColumnArguments& arguments, Stream stream);

// FP32: the sum of two tensors, element by element; the total of one.
enum class Floats { Add, Total };
[[nodiscard]] int launch_floats(Floats operation, const FloatArguments& arguments, Stream stream);

// Pools and resampling by nearest neighbour, and their gradients (windows.hpp).
[[nodiscard]] int launch_windows(Windows operation, const WindowArguments& arguments, Stream stream);

// Rows of tables (tables.hpp). Nearest is two kernels, and needs `length`.
[[nodiscard]] int launch_tables(Tables operation, const TableArguments& arguments, Stream stream);

// out[b][c][r] = in[b][r][c], FP16.
[[nodiscard]] int launch_transpose(const std::uint16_t* in, std::uint16_t* out, std::int64_t batch,
                                   std::int64_t rows, std::int64_t columns, Stream stream);

// Reads `read` and writes `written` bytes, with `flops` additions per 16 bytes read: the traffic of an
// operation that there is no kernel for. Sizes are rounded down to 16 bytes.
[[nodiscard]] int launch_traffic(const void* in, std::int64_t read, void* out, std::int64_t written,
                                 int flops, Stream stream);

}  // namespace satsim::gpu
