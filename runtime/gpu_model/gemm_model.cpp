#include "runtime/gpu_model/gemm_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "runtime/gpu_model/traffic.hpp"

namespace satsim::gpu {
namespace {

constexpr double kFp16 = 2;  // bytes
constexpr double kFp32 = 4;
// A 2:4 operand: half of the values, and two bits of position with each (facts of mma.sp).
constexpr double kSparseBytes = 0.5 * (kFp16 + 2.0 / 8.0);
// Below this share of the time, arithmetic is not what a tile's time goes into.
constexpr double kMostly = 0.8;

double elements(std::int64_t a, std::int64_t b) {
    return static_cast<double>(a) * static_cast<double>(b);
}

bool expands(const Device& device, const GemmTask& task, Path path) {
    return path == Path::TensorSparse && !task.is_matrix() && !device.kernels.sparse_gathers;
}

// Sizes as a tensor kernel runs them: a convolution's channels are read in units of 16 bytes, tap by tap.
GemmShape padded_shape(const GemmTask& task) {
    GemmShape shape = task.shape;
    if (task.is_matrix()) return shape;
    constexpr std::int64_t kUnit = 8;
    const auto taps = static_cast<std::int64_t>(task.gather.taps.size());
    std::int64_t& reduced = task.stage == Stage::WU ? shape.m : shape.k;
    reduced = std::max(reduced, taps * round_up<std::int64_t>(task.gather.channels, kUnit));
    return shape;
}

Operands operands_of(const Device& device, const GemmTask& task, Path path) {
    const Gather& g = task.gather;
    const double map = elements(g.batch * g.in_h, g.in_w) * g.channels;
    const double matrix = elements(task.shape.m, task.shape.k);
    return {kFp16 * (expands(device, task, path) ? matrix : std::min(matrix, map)),
            elements(task.shape.n, task.shape.k) * (path == Path::TensorSparse ? kSparseBytes : kFp16),
            elements(task.shape.m, task.shape.n) * (task.out == ElementType::Fp32 ? kFp32 : kFp16)};
}

// Rates as a kernel sustains them.
struct Rates {
    double macs = 0;  // multiply-accumulates a second, dense-equivalent
    double dram = 0;  // byte/s
    double l2 = 0;
};

Rates rates_of(const Device& device, const GemmTask& task, Path path) {
    const KernelFigures& k = device.kernels;
    const ComputeFigures& c = device.compute;
    const double dense = task.is_matrix() ? k.dense_efficiency.value : k.convolution_efficiency.value;
    double flops = c.fp32.value * dense;
    if (path == Path::TensorDense) flops = c.tensor_dense.value * dense;
    if (path == Path::TensorSparse) flops = c.tensor_sparse.value * k.sparse_efficiency.value;
    return {flops / 2, device.memory.bandwidth.value * k.memory_efficiency.value,
            device.memory.l2_bandwidth.value * k.l2_efficiency.value};
}

// Bytes from L2 that a block of m x n takes for one element of K: the blocks of a cluster fetch one of their
// operands, the larger share, once.
double fetched(const Device& device, Path path, const Tile& tile, std::int64_t m, std::int64_t n) {
    const bool sparse = path == Path::TensorSparse;
    const Figure& cluster = sparse ? device.kernels.sparse_cluster : device.kernels.cluster;
    const auto most = static_cast<std::int64_t>(cluster.value);
    const double a = static_cast<double>(tile.m) * kFp16;
    const double b = static_cast<double>(tile.n) * (sparse ? kSparseBytes : kFp16);
    const auto across = static_cast<double>(std::min(most, ceil_div(n, tile.n)));
    const auto along = static_cast<double>(std::min(most, ceil_div(m, tile.m)));
    return std::min(a / across + b, a + b / along);
}

// im2col: the map is read and the matrix written, by a kernel of its own.
void add_expansion(const Device& device, const GemmTask& task, const Rates& rates, GemmEstimate& e) {
    const double bytes = static_cast<double>(task.count) * (operands_of(device, task, Path::TensorDense).a +
                                                            operands_of(device, task, Path::TensorSparse).a);
    e.prepare_s += bytes / rates.dram;
    e.dram_bytes += static_cast<Bytes>(bytes);
    ++e.kernels;
}

// Slices leave FP32 partial sums, which another kernel adds up; where they fit, they stay in L2.
void add_reduction(const Device& device, const GemmTask& task, const Rates& rates, GemmEstimate& e) {
    const double results = static_cast<double>(task.count) * elements(task.shape.m, task.shape.n);
    const double partial = results * kFp32 * static_cast<double>(e.split);
    const bool stays = partial <= device.memory.l2_capacity.value / 2;
    e.prepare_s += 2 * partial / (stays ? rates.l2 : rates.dram);
    if (!stays) e.dram_bytes += static_cast<Bytes>(2 * partial);
    ++e.kernels;
}

// Starts of kernels, and what they or the library's call take before and after the work. A library computes
// all phases of a strided gradient in one call; a 2:4 kernel that gathers is started without one, for each.
double launch_seconds(const Device& device, const GemmTask& task, const GemmEstimate& e) {
    const KernelFigures& k = device.kernels;
    const double starts = e.kernels * k.launch_overhead.value;
    if (task.is_matrix() || (e.path == Path::TensorSparse && k.sparse_gathers))
        return starts + k.product_overhead.value;
    const double phases = static_cast<double>(task.scatter.step_y) * task.scatter.step_x;
    return starts + k.convolution_overhead.value / phases;
}

void finish(const Device& device, const GemmTask& task, double flops, double joules_a_flop, GemmEstimate& e) {
    e.dynamic_j = flops * joules_a_flop + static_cast<double>(e.dram_bytes) * device.power.dram_byte.value;
    e.power_s = e.dynamic_j / device.power.left();
    e.launch_s = launch_seconds(device, task, e);
    e.seconds = e.launch_s + std::max(e.prepare_s + std::max(e.compute_s, e.memory_s), e.power_s);
}

GemmEstimate tiled(const Device& device, const GemmTask& task, Path path, const Tile& tile,
                   std::int64_t split) {
    const auto [m, n, k] = padded_shape(task);
    const auto sms = static_cast<std::int64_t>(device.compute.sm_count.value);
    const auto step = static_cast<std::int64_t>(device.kernels.k_step.value);
    const Rates rates = rates_of(device, task, path);
    const Operands operands = operands_of(device, task, path);
    GemmEstimate e;
    e.path = path;
    e.tile = tile;
    e.split = split;
    e.blocks = task.count * ceil_div(m, tile.m) * ceil_div(n, tile.n) * split;
    e.waves = ceil_div(e.blocks, sms);
    const std::int64_t slice = round_up(ceil_div(k, split), step);
    const double tile_macs = elements(tile.m, tile.n) * static_cast<double>(slice);
    const auto macs = static_cast<double>(task.dense_macs());
    e.arithmetic_s = macs / rates.macs;
    e.compute_s = static_cast<double>(e.waves * sms) * tile_macs / rates.macs;
    const double blocks = static_cast<double>(e.blocks);
    const double l2_bytes = blocks * static_cast<double>(slice) * fetched(device, path, tile, m, n);
    const double moved = dram_operand_bytes(operands, m, n, tile, std::max<std::int64_t>(1, sms / split),
                                            device.memory.l2_capacity.value);
    const double dram = static_cast<double>(task.count) * (moved + operands.c);
    e.memory_s = std::max(dram / rates.dram, l2_bytes / rates.l2);
    e.dram_bytes = static_cast<Bytes>(std::ceil(dram));
    if (expands(device, task, path)) add_expansion(device, task, rates, e);
    if (split > 1) add_reduction(device, task, rates, e);
    const double executed = path == Path::TensorSparse ? 0.5 : 1.0;
    e.macs = static_cast<Macs>(executed * macs);
    finish(device, task, 2 * executed * blocks * tile_macs, device.power.tensor_flop.value, e);
    return e;
}

GemmEstimate untiled(const Device& device, const GemmTask& task) {
    const Rates rates = rates_of(device, task, Path::CudaCores);
    GemmEstimate e;
    e.path = Path::CudaCores;
    e.macs = task.dense_macs();
    e.arithmetic_s = e.compute_s = static_cast<double>(e.macs) / rates.macs;
    e.dram_bytes = compulsory_bytes(device, task, Path::CudaCores);
    e.memory_s = static_cast<double>(e.dram_bytes) / rates.dram;
    finish(device, task, 2 * static_cast<double>(e.macs), device.power.fp32_flop.value, e);
    return e;
}

}  // namespace

const char* to_string(Path path) {
    constexpr const char* kNames[] = {"dense tensor", "2:4 tensor", "CUDA cores"};
    return kNames[static_cast<int>(path)];
}

Bound GemmEstimate::bound() const {
    const double work = seconds - launch_s;
    if (launch_s >= work) return Bound::Launch;
    if (power_s >= prepare_s + std::max(compute_s, memory_s)) return Bound::Power;
    if (prepare_s + memory_s >= compute_s) return Bound::Bandwidth;
    return arithmetic_s >= kMostly * compute_s ? Bound::Compute : Bound::Fill;
}

std::string refuses_sparse(const Device& device, const GemmTask& task) {
    if (task.nm.dense()) return task.dense_reason.empty() ? "dense task" : task.dense_reason;
    if (!device.has_sparse_tensor_cores()) return device.name + " has no sparse tensor cores";
    if (!contained_in_2_4(task.nm)) return to_string(task.nm) + " is not contained in 2:4";
    const auto alignment = static_cast<std::int64_t>(device.kernels.sparse_alignment.value);
    const auto [m, n, k] = task.shape;
    if ((m % alignment != 0 && !device.kernels.sparse_gathers) || n % alignment != 0 || k % alignment != 0)
        return fmt::format("{}x{}x{} are no multiples of {}", m, n, k, alignment);
    return "";
}

GemmEstimate estimate(const Device& device, const GemmTask& task, Path path) {
    if (path == Path::CudaCores) return untiled(device, task);
    const KernelFigures& k = device.kernels;
    const bool sparse = path == Path::TensorSparse;
    const Figure& splits = sparse ? k.sparse_max_split : task.count > 1 ? k.batched_max_split : k.max_split;
    const auto most = static_cast<std::int64_t>(splits.value);
    GemmEstimate best;
    best.seconds = HUGE_VAL;
    for (const Tile& tile : sparse ? k.sparse_tiles : k.tiles) {
        for (std::int64_t split = 1; split <= most; split *= 2) {
            const GemmEstimate e = tiled(device, task, path, tile, split);
            if (e.seconds < best.seconds) best = e;
        }
    }
    return best;
}

GemmChoice choose(const Device& device, const GemmTask& task) {
    GemmEstimate dense = estimate(device, task, Path::TensorDense);
    if (const GemmEstimate thin = estimate(device, task, Path::CudaCores); thin.seconds < dense.seconds)
        dense = thin;
    if (task.nm.dense()) return {dense, task.dense_reason};
    if (std::string reason = refuses_sparse(device, task); !reason.empty()) return {dense, std::move(reason)};
    const GemmEstimate sparse = estimate(device, task, Path::TensorSparse);
    if (sparse.seconds < dense.seconds) return {sparse, ""};
    return {dense, fmt::format("2:4 would take {:.3g} times as long{}", sparse.seconds / dense.seconds,
                               !expands(device, task, Path::TensorSparse)
                                   ? ""
                                   : ", its operand being laid out as a matrix first")};
}

Bytes compulsory_bytes(const Device& device, const GemmTask& task, Path path) {
    const Operands o = operands_of(device, task, path);
    return static_cast<Bytes>(std::ceil(static_cast<double>(task.count) * (o.a + o.b + o.c)));
}

}  // namespace satsim::gpu
