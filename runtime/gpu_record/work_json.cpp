#include "runtime/gpu_record/work_json.hpp"

#include <algorithm>
#include <array>

#include "runtime/workload/norm_axis.hpp"

namespace satsim::gpu {
namespace {

using nlohmann::ordered_json;

constexpr std::int64_t kLargest = std::int64_t{1} << 40;
constexpr std::int64_t kLargestExtent =
    1 << 20;  // of a map; products of two numbers of a convolution fit an int
constexpr std::int64_t kLargestStep = 1 << 10;  // of a kernel, stride, dilation or padding
constexpr double kMostMacs = 4e18;

constexpr std::array kOperations{VectorOp::Activation,
                                 VectorOp::ActivationGrad,
                                 VectorOp::NormStatistics,
                                 VectorOp::NormApply,
                                 VectorOp::NormGradStatistics,
                                 VectorOp::NormGradApply,
                                 VectorOp::Add,
                                 VectorOp::Multiply,
                                 VectorOp::Copy,
                                 VectorOp::Resize,
                                 VectorOp::Bias,
                                 VectorOp::BiasGrad,
                                 VectorOp::Pool,
                                 VectorOp::PoolGrad,
                                 VectorOp::Softmax,
                                 VectorOp::SoftmaxGrad,
                                 VectorOp::Loss,
                                 VectorOp::Embed,
                                 VectorOp::Rotary,
                                 VectorOp::Combine,
                                 VectorOp::Nearest,
                                 VectorOp::Optimizer,
                                 VectorOp::Prune,
                                 VectorOp::Transpose,
                                 VectorOp::ZeroFill};
constexpr std::array kPasses{ConvolutionPass::Forward, ConvolutionPass::InputGradient,
                             ConvolutionPass::WeightGradient};
constexpr std::array kOptimizers{"sgd", "adam", "adamw"};

// N and M as numbers: dense patterns differ (8:8 of a weight, 1:1) and must come back as they were.
ordered_json pattern_json(const NmPattern& nm) {
    return {nm.n, nm.m};
}
NmPattern read_pattern(const JsonCursor& at) {
    if (at.size(2) != 2) at.fail("is not a pattern [N, M]");
    const NmPattern nm{static_cast<int>(at.at(std::size_t{0}).integer(1, 16)),
                       static_cast<int>(at.at(std::size_t{1}).integer(1, 16))};
    if (nm.n > nm.m) at.fail("has an N above M");
    return nm;
}

template <class Enum, std::size_t Size>
Enum read_name(const JsonCursor& at, const std::array<Enum, Size>& all, const char* what) {
    const std::string name = at.text();
    const auto found = std::find_if(all.begin(), all.end(), [&name](Enum e) { return name == to_string(e); });
    if (found == all.end()) at.fail(shown(at.node()) + " is no " + what);
    return *found;
}

// The product of the sizes can be counted.
void require_size(const JsonCursor& at, std::initializer_list<std::int64_t> sizes) {
    double all = 1;
    for (const std::int64_t size : sizes) all *= static_cast<double>(size);
    if (all > kMostMacs) at.fail("has more work than can be counted");
}

ordered_json json_of(const ProductWork& w) {
    ordered_json object = {{"kind", "product"},
                           {"m", w.shape.m},
                           {"n", w.shape.n},
                           {"k", w.shape.k},
                           {"count", w.count},
                           {"nm", pattern_json(w.nm)},
                           {"a_transposed", w.a_transposed},
                           {"b_transposed", w.b_transposed},
                           {"out", w.out == ElementType::Fp32 ? "fp32" : "fp16"},
                           {"sparse_is_activation", w.sparse_is_activation}};
    if (w.bias) object["bias"] = true;
    return object;
}
ProductWork read_product(const JsonCursor& at) {
    at.object(
        {"kind", "m", "n", "k", "count", "nm", "a_transposed", "b_transposed", "out", "sparse_is_activation"},
        {"bias"});
    const auto size = [&at](const char* key) { return at.at(key).integer(1, kLargest); };
    ProductWork w;
    w.shape = {size("m"), size("n"), size("k")};
    w.count = size("count");
    w.nm = read_pattern(at.at("nm"));
    w.a_transposed = at.at("a_transposed").boolean();
    w.b_transposed = at.at("b_transposed").boolean();
    const std::string out = at.at("out").text();
    if (out != "fp16" && out != "fp32") at.at("out").fail("is not \"fp16\" or \"fp32\"");
    w.out = out == "fp32" ? ElementType::Fp32 : ElementType::Fp16;
    w.sparse_is_activation = at.at("sparse_is_activation").boolean();
    if (at.has("bias")) w.bias = at.at("bias").boolean();
    require_size(at, {w.count, w.shape.m, w.shape.n, w.shape.k});
    return w;
}

ordered_json json_of(const ConvolutionWork& w) {
    return {{"kind", "convolution"},
            {"pass", to_string(w.pass)},
            {"batch", w.batch},
            {"in", {w.in_h, w.in_w, w.in_channels}},
            {"out", {w.out_h, w.out_w, w.out_channels}},
            {"kernel", {w.kernel_h, w.kernel_w}},
            {"stride", {w.stride_y, w.stride_x}},
            {"dilation", {w.dilation_y, w.dilation_x}},
            {"pad", {w.pad_top, w.pad_left}},
            {"groups", w.groups},
            {"nm", pattern_json(w.nm)},
            {"sparse_is_activation", w.sparse_is_activation}};
}
ConvolutionWork read_convolution(const JsonCursor& at) {
    at.object({"kind", "pass", "batch", "in", "out", "kernel", "stride", "dilation", "pad", "groups", "nm",
               "sparse_is_activation"});
    const auto number = [&at](const char* key, std::size_t i, std::size_t size, std::int64_t low) {
        const JsonCursor list = at.at(key);
        if (list.size() != size) list.fail("does not have " + std::to_string(size) + " numbers");
        return list.at(i).integer(low, size == 3 ? kLargestExtent : kLargestStep);
    };
    const auto extent = [&number](const char* key, std::size_t i, std::size_t size, std::int64_t low) {
        return static_cast<int>(number(key, i, size, low));
    };
    ConvolutionWork w;
    w.pass = read_name(at.at("pass"), kPasses, "pass of a convolution");
    w.batch = at.at("batch").integer(1, kLargestExtent);
    w.in_h = extent("in", 0, 3, 1);
    w.in_w = extent("in", 1, 3, 1);
    w.in_channels = number("in", 2, 3, 1);
    w.out_h = extent("out", 0, 3, 1);
    w.out_w = extent("out", 1, 3, 1);
    w.out_channels = number("out", 2, 3, 1);
    w.kernel_h = extent("kernel", 0, 2, 1);
    w.kernel_w = extent("kernel", 1, 2, 1);
    w.stride_y = extent("stride", 0, 2, 1);
    w.stride_x = extent("stride", 1, 2, 1);
    w.dilation_y = extent("dilation", 0, 2, 1);
    w.dilation_x = extent("dilation", 1, 2, 1);
    w.pad_top = extent("pad", 0, 2, -kLargestStep);
    w.pad_left = extent("pad", 1, 2, -kLargestStep);
    w.groups = static_cast<int>(at.at("groups").integer(1, kLargestExtent));
    if (w.in_channels % w.groups != 0 || w.out_channels % w.groups != 0)
        at.at("groups").fail("does not divide the channels");
    w.nm = read_pattern(at.at("nm"));
    w.sparse_is_activation = at.at("sparse_is_activation").boolean();
    require_size(at, {w.batch, std::int64_t{w.out_h} * w.out_w, w.out_channels, w.in_channels,
                      std::int64_t{w.kernel_h} * w.kernel_w});
    require_size(at, {w.batch, std::int64_t{w.in_h} * w.in_w, w.in_channels});
    return w;
}

ordered_json json_of(const VectorWork& w) {
    ordered_json object = {{"kind", "vector"},
                           {"operation", to_string(w.op)},
                           {"elements", w.elements},
                           {"shape", {w.shape.taps, w.shape.rows, w.shape.columns}},
                           {"reads", {w.reads_fp16, w.reads_fp32}},
                           {"writes", {w.writes_fp16, w.writes_fp32}},
                           {"flops_per_element", w.flops_per_element},
                           {"extra_bytes", w.extra_bytes}};
    if (!w.optimizer.empty()) object["optimizer"] = w.optimizer;
    if (w.pregenerate_ff) object["pregenerate_ff"] = pattern_json(*w.pregenerate_ff);
    if (w.pregenerate_bp) object["pregenerate_bp"] = pattern_json(*w.pregenerate_bp);
    if (w.fused) object["fused"] = true;
    return object;
}
VectorWork read_vector(const JsonCursor& at) {
    at.object(
        {"kind", "operation", "elements", "shape", "reads", "writes", "flops_per_element", "extra_bytes"},
        {"optimizer", "pregenerate_ff", "pregenerate_bp", "fused"});
    const auto number = [&at](const char* key, std::size_t i, std::size_t size, std::int64_t high) {
        const JsonCursor list = at.at(key);
        if (list.size() != size) list.fail("does not have " + std::to_string(size) + " numbers");
        return list.at(i).integer(0, high);
    };
    const auto tensors = [&number](const char* key, std::size_t i) {
        return static_cast<int>(number(key, i, 2, 16));
    };
    VectorWork w;
    w.op = read_name(at.at("operation"), kOperations, "vector operation");
    w.elements = at.at("elements").integer(0, kLargest);
    w.shape = {number("shape", 0, 3, kLargest), number("shape", 1, 3, kLargest),
               number("shape", 2, 3, kLargest)};
    require_size(at, {w.shape.taps, w.shape.rows, w.shape.columns});
    w.reads_fp16 = tensors("reads", 0);
    w.reads_fp32 = tensors("reads", 1);
    w.writes_fp16 = tensors("writes", 0);
    w.writes_fp32 = tensors("writes", 1);
    w.flops_per_element = static_cast<int>(at.at("flops_per_element").integer(0, 1 << 20));
    w.extra_bytes = at.at("extra_bytes").integer(0, kLargest);
    if (at.has("optimizer")) {
        w.optimizer = at.at("optimizer").text();
        if (std::find(kOptimizers.begin(), kOptimizers.end(), w.optimizer) == kOptimizers.end())
            at.at("optimizer").fail("is not sgd, adam or adamw");
    }
    if (at.has("pregenerate_ff")) w.pregenerate_ff = read_pattern(at.at("pregenerate_ff"));
    if (at.has("pregenerate_bp")) w.pregenerate_bp = read_pattern(at.at("pregenerate_bp"));
    if (at.has("fused")) w.fused = at.at("fused").boolean();
    const bool whole = w.op == VectorOp::NormApply || w.op == VectorOp::NormGradApply;
    if (w.fused && (!whole || is_norm_by_channel(w))) at.at("fused").fail("is of norms of rows alone");
    return w;
}

ordered_json json_of(const AttentionWork& w) {
    const AttentionShape& s = w.shape;
    return {{"kind", "attention"},
            {"gradient", w.gradient},
            {"sequences", s.sequences},
            {"heads", {s.heads, s.kv_heads}},
            {"positions", {s.queries, s.keys}},
            {"head_size", {s.query_size, s.value_size}},
            {"causal", s.causal},
            {"window", s.window}};
}
AttentionWork read_attention(const JsonCursor& at) {
    at.object({"kind", "gradient", "sequences", "heads", "positions", "head_size", "causal", "window"});
    const auto number = [&at](const char* key, std::size_t i) {
        const JsonCursor list = at.at(key);
        if (list.size() != 2) list.fail("does not have 2 numbers");
        return list.at(i).integer(1, kLargestExtent);
    };
    AttentionWork w;
    w.gradient = at.at("gradient").boolean();
    AttentionShape& s = w.shape;
    s.sequences = at.at("sequences").integer(1, kLargestExtent);
    s.heads = number("heads", 0);
    s.kv_heads = number("heads", 1);
    if (s.heads % s.kv_heads != 0) at.at("heads").fail("are not a multiple of the keys' heads");
    s.queries = number("positions", 0);
    s.keys = number("positions", 1);
    s.query_size = number("head_size", 0);
    s.value_size = number("head_size", 1);
    s.causal = at.at("causal").boolean();
    if (s.causal && s.queries != s.keys) at.at("positions").fail("differ, where attention is causal");
    s.window = at.at("window").integer(0, kLargestExtent);
    if (s.window > 0 && !s.causal) at.at("window").fail("is of attention that is not causal");
    require_size(at, {s.sequences, s.heads, s.queries, s.keys, s.query_size + s.value_size, 3});
    return w;
}

}  // namespace

ordered_json work_json(const Work& work) {
    return std::visit([](const auto& w) { return json_of(w); }, work);
}

Work read_work(const JsonCursor& at) {
    const std::string kind = at.at("kind").text();
    if (kind == "product") return read_product(at);
    if (kind == "convolution") return read_convolution(at);
    if (kind == "vector") return read_vector(at);
    if (kind == "attention") return read_attention(at);
    at.at("kind").fail(shown(at.at("kind").node()) + " is not product, convolution, vector or attention");
}

}  // namespace satsim::gpu
