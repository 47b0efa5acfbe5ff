// Vector work on elements and columns; which kernel takes which task.
#include <stdexcept>

#include "runtime/execute/host_kernels.hpp"
#include "runtime/gpu_execute/gpu_engine.hpp"
#include "runtime/gpu_execute/gpu_kernels.hpp"
#include "runtime/gpu_execute/operands.hpp"
#include "runtime/support/error.hpp"

namespace satsim::execute {
namespace {

using gpu::Columnwise;
using gpu::Elementwise;

// maps in their order -> results; vectors: coefficients of channels, in the kernel's order.
void elements(gpu::Executor& device, const VectorWork& work, Elementwise operation,
              const std::vector<std::span<const double>>& coefficients = {}) {
    Operands memory(device);
    gpu::ElementwiseArguments a;
    a.elements = static_cast<std::int64_t>(work.maps[0].size());
    for (std::size_t i = 0; i < work.maps.size(); ++i) a.in[i] = memory.halves(work.maps[i]);
    for (std::size_t i = 0; i < coefficients.size(); ++i) {
        a.channel[i] = memory.floats(coefficients[i]);
        a.channels = static_cast<std::int64_t>(coefficients[i].size());
    }
    for (std::size_t i = 0; i < work.results.size(); ++i)
        a.out[i] = memory.room<std::uint16_t>(work.results[i].size());
    device.elementwise(operation, a);
    for (std::size_t i = 0; i < work.results.size(); ++i) memory.read(a.out[i], work.results[i]);
}

// The small second operand as large as the first: what an address generator would read again.
Values spread(const VectorWork& work, std::span<const double> small) {
    const TensorShape& in = work.layer.in;
    const TensorShape& with = work.layer.with;
    const bool shared = static_cast<std::int64_t>(small.size()) == with.elements();
    const std::size_t samples = work.maps[0].size() / static_cast<std::size_t>(in.elements());
    Values large;
    large.reserve(work.maps[0].size());
    for (std::size_t b = 0; b < samples; ++b)
        for (int y = 0; y < in.height; ++y)
            for (int x = 0; x < in.width; ++x)
                for (int c = 0; c < in.channels; ++c) {
                    const std::int64_t row = (shared ? 0 : static_cast<std::int64_t>(b)) * with.height +
                                             (with.height == 1 ? 0 : y);
                    const std::int64_t pixel = row * with.width + (with.width == 1 ? 0 : x);
                    large.push_back(small[static_cast<std::size_t>(pixel * with.channels +
                                                                   (with.channels == 1 ? 0 : c))]);
                }
    return large;
}

// maps a, b -> results: their sum or product.
void pairs(gpu::Executor& device, const VectorWork& work, Elementwise operation) {
    if (work.maps[1].size() == work.maps[0].size()) return elements(device, work, operation);
    const Values large = spread(work, work.maps[1]);
    VectorWork whole = work;
    whole.maps[1] = large;
    elements(device, whole, operation);
}

// maps a, b -> results a + b, FP32.
void add_wide(gpu::Executor& device, const VectorWork& work) {
    Operands memory(device);
    gpu::FloatArguments a;
    a.elements = static_cast<std::int64_t>(work.maps[0].size());
    a.in[0] = memory.floats(work.maps[0]);
    a.in[1] = memory.floats(work.maps[1]);
    a.out = memory.room<float>(work.maps[0].size());
    device.floats(gpu::Floats::Add, a);
    memory.read(a.out, work.results[0]);
}

// maps -> sums over the rows of matrices of as many columns as a sum has.
void columns(gpu::Executor& device, const VectorWork& work, Columnwise operation) {
    Operands memory(device);
    gpu::ColumnArguments a;
    a.columns = static_cast<std::int64_t>(work.sums[0].size());
    a.rows = static_cast<std::int64_t>(work.maps[0].size()) / a.columns;
    a.epsilon = static_cast<float>(kNormEpsilon);
    a.choose_strip();
    for (std::size_t i = 0; i < work.maps.size(); ++i) a.in[i] = memory.halves(work.maps[i]);
    if (operation == Columnwise::Statistics) {  // gamma, beta
        a.scale = memory.floats(work.vectors[0]);
        a.shift = memory.floats(work.vectors[1]);
    }
    if (operation == Columnwise::GradientStatistics) {  // scale, 1/deviation, -mean/deviation
        a.scale = memory.floats(work.vectors[0]);
        a.normal[0] = memory.floats(work.vectors[1]);
        a.normal[1] = memory.floats(work.vectors[2]);
    }
    a.workspace = memory.room<float>(static_cast<std::size_t>(a.strips() * 2 * a.columns));
    for (std::size_t i = 0; i < work.sums.size(); ++i) a.out[i] = memory.room<float>(work.sums[i].size());
    device.columnwise(operation, a);
    for (std::size_t i = 0; i < work.sums.size(); ++i) memory.read(a.out[i], work.sums[i]);
}

bool by_channel(const Layer& layer) {
    return layer.kind == LayerKind::BatchNorm || layer.kind == LayerKind::Mul;
}

void channel_norm(gpu::Executor& device, const VectorWork& work) {
    switch (work.task.op) {
        case VectorOp::NormStatistics:
            return columns(device, work, Columnwise::Statistics);
        case VectorOp::NormApply:
            return elements(device, work, Elementwise::ScaleShift, work.vectors);
        case VectorOp::NormGradStatistics:
            return columns(device, work, Columnwise::GradientStatistics);
        default:  // the kernel's order is scale, B, C
            return elements(device, work, Elementwise::NormGradient,
                            {work.vectors[2], work.vectors[0], work.vectors[1]});
    }
}

// maps: matrices of rows x columns -> results: each transposed.
void transpose(gpu::Executor& device, const VectorWork& work) {
    const MatrixShape& shape = work.task.shape;
    Operands memory(device);
    const std::uint16_t* in = memory.halves(work.maps[0]);
    auto* out = memory.room<std::uint16_t>(work.results[0].size());
    device.transpose(in, out, shape.taps, shape.rows, shape.columns);
    memory.read(out, work.results[0]);
}

void fill(gpu::Executor& device, const VectorWork& work) {
    Operands memory(device);
    auto* out = memory.room<std::uint16_t>(work.results[0].size());
    device.clear(out, work.results[0].size() * sizeof *out);
    memory.read(out, work.results[0]);
}

bool is_gelu(const Layer& layer) {
    return layer.kind == LayerKind::Gelu || layer.function == "gelu";
}

void run_vector(gpu::Executor& device, const VectorWork& work) {
    switch (work.task.op) {
        case VectorOp::Activation:
            return elements(device, work, is_gelu(work.layer) ? Elementwise::Gelu : Elementwise::Relu);
        case VectorOp::ActivationGrad:
            return elements(device, work,
                            is_gelu(work.layer) ? Elementwise::GeluGradient : Elementwise::ReluGradient);
        case VectorOp::NormStatistics:
        case VectorOp::NormApply:
        case VectorOp::NormGradStatistics:
        case VectorOp::NormGradApply:
            return by_channel(work.layer) ? channel_norm(device, work) : row_norm_on(device, work);
        case VectorOp::Add:
            return work.task.reads_fp32 > 0 ? add_wide(device, work) : pairs(device, work, Elementwise::Add);
        case VectorOp::Multiply:
            return work.task.stage == Stage::FF ? pairs(device, work, Elementwise::Multiply)
                                                : elements(device, work, Elementwise::MultiplyGradient);
        case VectorOp::Copy:
            return elements(device, work, Elementwise::Copy);
        case VectorOp::Bias:
            return elements(device, work, Elementwise::Bias, {work.vectors[0]});
        case VectorOp::BiasGrad:
            return columns(device, work, Columnwise::BiasGradient);
        case VectorOp::Softmax:
            return softmax_on(device, work);
        case VectorOp::SoftmaxGrad:
            return softmax_gradient_on(device, work);
        case VectorOp::Loss:
            return loss_on(device, work);
        case VectorOp::Optimizer:
            return update_on(device, work);
        case VectorOp::Transpose:
            return transpose(device, work);
        case VectorOp::ZeroFill:
            return fill(device, work);
        default:
            throw std::logic_error("layer " + work.layer.name + ": no kernel for " + to_string(work.task.op));
    }
}

}  // namespace

void GpuEngine::vector(const VectorWork& work) {
    const std::string why = refusal(work.task);
    if (!why.empty()) throw InputError("layer " + work.layer.name, "", why);
    try {
        run_vector(device_, work);
    } catch (const InputError& error) {
        throw InputError("layer " + work.layer.name, "",
                         std::string(to_string(work.task.op)) + " on the GPU: " + error.what());
    }
}

}  // namespace satsim::execute
