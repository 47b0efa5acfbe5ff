#include "runtime/gpu_record/work.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/gpu_model/attention_model.hpp"
#include "runtime/workload/stride_taps.hpp"

namespace satsim::gpu {
namespace {

int far_pad(int in, int out, int kernel, int stride, int dilation, int near) {
    return (out - 1) * stride + dilation * (kernel - 1) + 1 - in - near;
}

Bytes weight_bytes(std::int64_t weights, const NmPattern& nm) {
    const std::int64_t kept = weights * nm.n / nm.m;
    return kept * 2 + (nm.dense() ? 0 : kept / 2);
}

Bytes bytes_of(const ProductWork& w) {
    const auto [m, n, k] = w.shape;
    return w.count * (2 * m * k + weight_bytes(k * n, w.nm) + m * n * (w.out == ElementType::Fp32 ? 4 : 2)) +
           (w.bias ? 2 * n : 0);
}
// Pixels of one direction that a kernel's taps read at all: fewer than there are where a stride is larger
// than the kernel.
std::int64_t pixels_read(int in, int out, int kernel, int stride, int dilation, int pad) {
    std::vector<bool> read(static_cast<std::size_t>(in));
    for (int o = 0; o < out; ++o)
        for (int k = 0; k < kernel; ++k)
            if (const int at = o * stride + k * dilation - pad; at >= 0 && at < in)
                read[static_cast<std::size_t>(at)] = true;
    return std::count(read.begin(), read.end(), true);
}
Bytes bytes_of(const ConvolutionWork& w) {
    // The gradient of the input is written whole.
    const bool whole = w.pass == ConvolutionPass::InputGradient;
    const std::int64_t height =
        whole ? w.in_h : pixels_read(w.in_h, w.out_h, w.kernel_h, w.stride_y, w.dilation_y, w.pad_top);
    const std::int64_t width =
        whole ? w.in_w : pixels_read(w.in_w, w.out_w, w.kernel_w, w.stride_x, w.dilation_x, w.pad_left);
    const std::int64_t in = w.batch * height * width * w.in_channels;
    const std::int64_t out = w.batch * w.out_h * w.out_w * w.out_channels;
    const std::int64_t weights =
        std::int64_t{w.kernel_h} * w.kernel_w * w.in_channels * (w.out_channels / w.groups);
    const Bytes weight =
        w.pass == ConvolutionPass::WeightGradient ? 4 * weights : weight_bytes(weights, w.nm);
    return 2 * (in + out) + weight;
}
Bytes bytes_of(const VectorWork& w) {
    return w.elements * (2 * (w.reads_fp16 + w.writes_fp16) + 4 * (w.reads_fp32 + w.writes_fp32)) +
           w.extra_bytes;
}

Bytes bytes_of(const AttentionWork& w) {
    return attention_bytes(w.shape, w.gradient);
}

Macs macs_of(const ProductWork& w) {
    return w.count * w.shape.m * w.shape.n * w.shape.k;
}
Macs macs_of(const ConvolutionWork& w) {
    return w.batch * w.out_h * w.out_w * w.out_channels * (w.in_channels / w.groups) * w.kernel_h *
           w.kernel_w;
}

Macs macs_of(const AttentionWork& w) {
    return attention_macs(w.shape, w.gradient);
}
Macs macs_of(const VectorWork&) {
    return 0;
}

std::vector<Tap> taps_of(const ConvolutionWork& w, bool gradient) {
    std::vector<Tap> taps;
    for (int y = 0; y < w.kernel_h; ++y) {
        for (int x = 0; x < w.kernel_w; ++x) {
            const int dy = y * w.dilation_y - w.pad_top;
            const int dx = x * w.dilation_x - w.pad_left;
            taps.push_back({gradient ? -dy : dy, gradient ? -dx : dx, y * w.kernel_w + x});
        }
    }
    if (gradient) std::sort(taps.begin(), taps.end());
    return taps;
}

std::optional<Task> task_from(const ProductWork& w) {
    GemmTask task;
    task.shape = w.shape;
    task.count = w.count;
    task.nm = w.nm;
    task.out = w.out;
    task.stage = w.a_transposed ? Stage::WU : Stage::FF;
    task.weight_operand = w.count == 1;
    task.sparse_is_activation = w.sparse_is_activation;
    task.bias = w.bias;
    const std::int64_t rows = w.a_transposed ? w.shape.k : w.shape.m;
    task.gather.grid_w = task.gather.in_w = task.scatter.out_w = static_cast<int>(rows);
    task.gather.channels = static_cast<int>(w.a_transposed ? w.shape.m : w.shape.k);
    return task;
}

std::optional<Task> task_from(const ConvolutionWork& w) {
    const bool gradient = w.pass == ConvolutionPass::InputGradient;
    if (gradient && w.stride_y * w.stride_x > 1) return std::nullopt;
    GemmTask task;
    task.nm = w.nm;
    task.count = w.groups;
    Gather& g = task.gather;
    g.batch = w.batch;
    g.grid_h = gradient ? w.in_h : w.out_h;
    g.grid_w = gradient ? w.in_w : w.out_w;
    g.in_h = gradient ? w.out_h : w.in_h;
    g.in_w = gradient ? w.out_w : w.in_w;
    g.channels = static_cast<int>((gradient ? w.out_channels : w.in_channels) / w.groups);
    g.stride_y = w.stride_y;
    g.stride_x = w.stride_x;
    g.taps = taps_of(w, gradient);
    task.scatter = {g.grid_h, g.grid_w, 1, 1, 0, 0};
    const auto reduced = static_cast<std::int64_t>(g.taps.size()) * g.channels;
    const std::int64_t others = (gradient ? w.in_channels : w.out_channels) / w.groups;
    task.stage = gradient ? Stage::BP : Stage::FF;
    task.shape = {g.positions(), others, reduced};
    if (w.pass == ConvolutionPass::WeightGradient) {
        task.stage = Stage::WU;
        task.out = ElementType::Fp32;
        task.shape = {reduced, others, g.positions()};
    }
    return task;
}

std::vector<Tap> taps_of_phase(const ConvolutionWork& w, int py, int px) {
    std::vector<Tap> taps;
    for (const StrideTap& y : stride_taps(w.kernel_h, w.stride_y, w.dilation_y, w.pad_top, py))
        for (const StrideTap& x : stride_taps(w.kernel_w, w.stride_x, w.dilation_x, w.pad_left, px))
            taps.push_back({y.delta, x.delta, y.k * w.kernel_w + x.k});
    std::sort(taps.begin(), taps.end());
    return taps;
}

std::vector<Task> phases_of(const ConvolutionWork& w) {
    std::vector<Task> tasks;
    bool leaves_zeros = false;
    for (int py = 0; py < std::min(w.stride_y, w.in_h); ++py) {
        for (int px = 0; px < std::min(w.stride_x, w.in_w); ++px) {
            GemmTask task;
            task.stage = Stage::BP;
            task.nm = w.nm;
            task.count = w.groups;
            Gather& g = task.gather;
            g.batch = w.batch;
            g.grid_h = ceil_div(w.in_h - py, w.stride_y);
            g.grid_w = ceil_div(w.in_w - px, w.stride_x);
            g.in_h = w.out_h;
            g.in_w = w.out_w;
            g.channels = static_cast<int>(w.out_channels / w.groups);
            g.taps = taps_of_phase(w, py, px);
            task.scatter = {w.in_h, w.in_w, w.stride_y, w.stride_x, py, px};
            if (g.taps.empty()) {
                leaves_zeros = true;
                continue;
            }
            task.shape = {g.positions(), w.in_channels / w.groups,
                          static_cast<std::int64_t>(g.taps.size()) * g.channels};
            tasks.emplace_back(std::move(task));
        }
    }
    if (leaves_zeros) {  // the whole map is cleared before (workload/convolution_tasks.cpp)
        VectorTask fill;
        fill.op = VectorOp::ZeroFill;
        fill.stage = Stage::BP;
        fill.elements = w.batch * w.in_h * w.in_w * w.in_channels;
        fill.writes_fp16 = 1;
        fill.flops_per_element = 0;
        tasks.insert(tasks.begin(), std::move(fill));
    }
    return tasks;
}

std::optional<Task> task_from(const VectorWork& w) {
    VectorTask task;
    task.op = w.op;
    task.elements = w.elements;
    task.shape = w.shape;
    task.reads_fp16 = w.reads_fp16;
    task.reads_fp32 = w.reads_fp32;
    task.writes_fp16 = w.writes_fp16;
    task.writes_fp32 = w.writes_fp32;
    task.flops_per_element = w.flops_per_element;
    task.extra_bytes = w.extra_bytes;
    task.optimizer = w.optimizer;
    task.pregenerate_ff = w.pregenerate_ff;
    task.pregenerate_bp = w.pregenerate_bp;
    task.fused = w.fused;
    return task;
}

std::optional<Task> task_from(const AttentionWork& w) {
    VectorTask task;
    task.op = w.gradient ? VectorOp::SoftmaxGrad : VectorOp::Softmax;
    task.stage = w.gradient ? Stage::BP : Stage::FF;
    task.elements = w.shape.sequences * w.shape.heads * w.shape.pairs();
    task.attention = {w.shape};
    task.fused = true;
    return task;
}

std::string text_of(const ProductWork& w) {
    return fmt::format("product {}{}x{}x{}{}{} {}{}", w.count > 1 ? fmt::format("{} x ", w.count) : "",
                       w.shape.m, w.shape.n, w.shape.k, w.a_transposed ? " Aᵀ" : "",
                       w.b_transposed ? " Bᵀ" : "", to_string(w.nm), w.bias ? " + bias" : "");
}
std::string text_of(const ConvolutionWork& w) {
    return fmt::format("convolution {} {}x{}x{}x{} to {}x{}x{}, kernel {}x{}, {}", to_string(w.pass), w.batch,
                       w.in_h, w.in_w, w.in_channels, w.out_h, w.out_w, w.out_channels, w.kernel_h,
                       w.kernel_w, to_string(w.nm));
}
std::string text_of(const VectorWork& w) {
    return fmt::format("{}{} of {} elements", w.fused ? "whole " : "", to_string(w.op), w.elements);
}
std::string text_of(const AttentionWork& w) {
    const AttentionShape& s = w.shape;
    const std::string values = s.value_size == s.query_size ? "" : fmt::format(" and {}", s.value_size);
    const std::string window = s.window > 0 ? fmt::format(", window {}", s.window) : "";
    return fmt::format("attention{} of {} x {}x{} positions, {} heads of {}{} over {}{}{}",
                       w.gradient ? " gradient" : "", s.sequences, s.queries, s.keys, s.heads, s.query_size,
                       values, s.kv_heads, s.causal ? ", causal" : "", window);
}

}  // namespace

const char* to_string(ConvolutionPass pass) {
    switch (pass) {
        case ConvolutionPass::Forward:
            return "forward";
        case ConvolutionPass::InputGradient:
            return "input gradient";
        case ConvolutionPass::WeightGradient:
            return "weight gradient";
    }
    return "?";
}

int ConvolutionWork::pad_bottom() const {
    return far_pad(in_h, out_h, kernel_h, stride_y, dilation_y, pad_top);
}
int ConvolutionWork::pad_right() const {
    return far_pad(in_w, out_w, kernel_w, stride_x, dilation_x, pad_left);
}

Macs dense_macs(const Work& work) {
    return std::visit([](const auto& w) { return macs_of(w); }, work);
}
Bytes compulsory_bytes(const Work& work) {
    return std::visit([](const auto& w) { return bytes_of(w); }, work);
}
NmPattern pattern_of(const Work& work) {
    if (const auto* product = std::get_if<ProductWork>(&work)) return product->nm;
    if (const auto* convolution = std::get_if<ConvolutionWork>(&work)) return convolution->nm;
    return {8, 8};
}
std::string describe(const Work& work) {
    return std::visit([](const auto& w) { return text_of(w); }, work);
}
std::optional<Task> task_of(const Work& work) {
    return std::visit([](const auto& w) { return task_from(w); }, work);
}
std::vector<Task> tasks_of(const Work& work) {
    if (const std::optional<Task> task = task_of(work)) return {*task};
    return phases_of(std::get<ConvolutionWork>(work));
}

}  // namespace satsim::gpu
