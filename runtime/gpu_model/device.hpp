// A GPU as its device file states it (models/gpus/*.json, docs/formats/gpu.md): rates, memory, what is
// assumed of kernels, and power. Every figure carries its source and whether anyone checked it.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/hardware/figure.hpp"
#include "runtime/support/types.hpp"

namespace satsim::gpu {

struct ComputeFigures {
    Figure sm_count;
    Figure clock;          // Hz, at which the rates are stated
    Figure tensor_dense;   // flop/s, FP16 operands, FP32 accumulation
    Figure tensor_sparse;  // flop/s dense-equivalent of 2:4; 0: no sparse tensor cores
    Figure fp32;           // flop/s of the CUDA cores
};

struct MemoryFigures {
    Figure bandwidth;  // byte/s of DRAM, peak
    Figure capacity;
    Figure l2_capacity;
    Figure l2_bandwidth;  // byte/s from L2 to all SMs
    Figure host_link;     // byte/s to the host's memory, one direction; 0: its memory is the host's
};

// Output elements that one thread block computes at a time.
struct Tile {
    std::int64_t m = 0;
    std::int64_t n = 0;
};

// How the recordings were timed that a device's figures are fitted to.
enum class TimingConvention {
    Calls,        // the host calls the work anew each time: what a call costs it is in the times
    GraphReplays  // CUDA graphs are replayed, without the host
};
// As device files have it: "calls", "graph replays".
[[nodiscard]] const char* to_string(TimingConvention timing);
// As descriptions have it, behind "times of": "calls, launches included".
[[nodiscard]] const char* timing_text(TimingConvention timing);

// What is assumed of kernels, or fitted to recordings of them (satsim gpu fit). Efficiencies are sustained
// shares of a rate: of tensor_dense, tensor_sparse, or of the memory's bandwidth.
struct KernelFigures {
    Figure launch_overhead;       // s, of a kernel in a stream of others
    Figure product_overhead;      // s more of a product, and of 2:4 that gathers
    Figure convolution_overhead;  // s more of a convolution, for the library's call; all phases of a strided
                                  // gradient are one call
    Figure column_overhead;       // s more of sums along columns, for each tensor read: a block's walk
    Figure packing_overhead;      // s more of updates that select and pack N:M copies: a block's selection
    std::vector<Tile> tiles;
    std::string tiles_source;
    std::vector<Tile> sparse_tiles;  // of 2:4 kernels
    std::string sparse_tiles_source;
    bool sparse_gathers = false;    // the 2:4 kernel gathers a convolution's map itself: no im2col, any m
    Figure k_step;                  // elements of K that a tile takes at a time
    Figure max_split;               // slices of K, at most (split-K)
    Figure sparse_max_split;        // the same of 2:4 kernels
    Figure batched_max_split;       // the same of batches of products
    Figure cluster;                 // blocks that fetch what they share once (thread block clusters); 1: none
    Figure sparse_cluster;          // the same of 2:4 kernels
    Figure sparse_alignment;        // n and k of a 2:4 GEMM, and m unless it gathers, are multiples of it
    Figure dense_efficiency;        // of tensor_dense: products
    Figure convolution_efficiency;  // of tensor_dense: convolutions, all passes
    Figure sparse_efficiency;       // of tensor_sparse
    Figure memory_efficiency;       // of bandwidth: products, element-wise work
    Figure l2_efficiency;           // of l2_bandwidth
    Figure packing_efficiency;      // of bandwidth: updates that also select and pack N:M copies
    Figure row_efficiency;          // of bandwidth: work along rows (softmax, LayerNorm, loss)
    Figure column_efficiency;     // of bandwidth: sums along columns (statistics of channels, bias gradients)
    Figure attention_efficiency;  // of tensor_dense: whole attention forward; 0: there is no such kernel
    Figure attention_gradient_efficiency;
    Figure coefficient_bandwidth;  // byte/s of coefficients of channels in element-wise work, from L1
    std::optional<TimingConvention> timing;  // none: not fitted to recordings, or the file does not say
    std::string timing_source;
};

struct PowerFigures {
    Figure board;        // W, the limit
    Figure idle;         // W, always
    Figure active;       // W, beside it while any kernel runs: clocks, schedulers, leakage of a warm chip
    Figure tensor_flop;  // J, a multiplication or addition that a tensor core executes
    Figure fp32_flop;    // J
    Figure dram_byte;    // J

    Figure burst;  // W, what the board lets through for tenths of a second; the roof of single pieces of work

    // W of a board that runs something, without what it does; and what the roof leaves for that.
    [[nodiscard]] double running() const { return idle.value + active.value; }
    [[nodiscard]] double left() const { return burst.value - running(); }
};

struct Device {
    std::string name;
    std::string description;
    std::string architecture;
    std::string file;  // where it was read from
    ComputeFigures compute;
    MemoryFigures memory;
    KernelFigures kernels;
    PowerFigures power;

    [[nodiscard]] bool has_sparse_tensor_cores() const { return compute.tensor_sparse.value > 0; }
};

// A figure and what it is called in tables ("memory bandwidth").
struct NamedFigure {
    std::string name;
    const Figure* figure;
};
// All of them, in the order of the file.
[[nodiscard]] std::vector<NamedFigure> figures(const Device& device);

// Throw InputError naming file and JSON pointer.
[[nodiscard]] Device load_device(const std::filesystem::path& path);
[[nodiscard]] Device parse_device(std::string_view text, const std::string& name);

}  // namespace satsim::gpu
