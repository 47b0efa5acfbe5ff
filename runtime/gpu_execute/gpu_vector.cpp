// Vector work on elements and columns; which kernel takes which task.
#include <algorithm>
#include <cmath>
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
    a.relu = work.task.relu;
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

// Of each element of the first operand, the element of the small second one that meets it.
std::vector<std::size_t> places(const VectorWork& work, std::size_t large, std::size_t small) {
    const TensorShape& in = work.layer.in;
    const TensorShape& with = work.layer.with;
    const bool shared = static_cast<std::int64_t>(small) == with.elements();
    const std::size_t samples = large / static_cast<std::size_t>(in.elements());
    std::vector<std::size_t> found;
    found.reserve(large);
    for (std::size_t b = 0; b < samples; ++b)
        for (int y = 0; y < in.height; ++y)
            for (int x = 0; x < in.width; ++x)
                for (int c = 0; c < in.channels; ++c) {
                    const std::int64_t row = (shared ? 0 : static_cast<std::int64_t>(b)) * with.height +
                                             (with.height == 1 ? 0 : y);
                    const std::int64_t pixel = row * with.width + (with.width == 1 ? 0 : x);
                    found.push_back(
                        static_cast<std::size_t>(pixel * with.channels + (with.channels == 1 ? 0 : c)));
                }
    return found;
}
// The small operand as large as the first: what an address generator would read again.
Values spread(std::span<const double> small, const std::vector<std::size_t>& place) {
    Values large;
    large.reserve(place.size());
    for (const std::size_t at : place) large.push_back(small[at]);
    return large;
}

// maps a, b -> results: their sum or product.
void pairs(gpu::Executor& device, const VectorWork& work, Elementwise operation) {
    if (work.maps[1].size() == work.maps[0].size()) return elements(device, work, operation);
    const Values large = spread(work.maps[1], places(work, work.maps[0].size(), work.maps[1].size()));
    VectorWork whole = work;
    whole.maps[1] = large;
    elements(device, whole, operation);
}

// maps dy, a, b -> results da, db.
void multiply_gradient(gpu::Executor& device, const VectorWork& work) {
    if (work.maps[1].size() == work.maps[2].size())
        return elements(device, work, Elementwise::MultiplyGradient);
    const std::vector<std::size_t> place = places(work, work.maps[1].size(), work.maps[2].size());
    const Values large = spread(work.maps[2], place);
    VectorWork first = work;
    first.maps = {work.maps[0], large};
    first.results = {work.results[0]};
    elements(device, first, Elementwise::Multiply);
    spread_sums_on(device, work.maps[0], &work.maps[1], place, true, work.results[1]);
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

// Gates and values of [position][gate, value].
std::pair<Values, Values> parted(std::span<const double> x, std::int64_t channels) {
    const auto half = static_cast<std::size_t>(channels);
    std::pair<Values, Values> parts;
    for (std::size_t i = 0; i < x.size(); ++i)
        (i / half % 2 == 0 ? parts.first : parts.second).push_back(x[i]);
    return parts;
}

// maps: dy -> sums: over positions, or over all that a small operand was spread over.
void bias_gradient(gpu::Executor& device, const VectorWork& work) {
    const bool small = work.layer.kind == LayerKind::Add && work.task.shape.rows == 0;
    if (!small) return columns(device, work, Columnwise::BiasGradient);
    spread_sums_on(device, work.maps[0], nullptr, places(work, work.maps[0].size(), work.sums[0].size()),
                   false, work.sums[0]);
}

// maps: x [position][gate, value] -> results: f(gate) * value.
void gate(gpu::Executor& device, const VectorWork& work) {
    const auto [gates, values] = parted(work.maps[0], work.layer.out.channels);
    VectorWork both = work;
    both.maps = {gates, values};
    elements(device, both, Elementwise::SiluGate);
}
// maps: dy, x -> results: dx.
void gate_gradient(gpu::Executor& device, const VectorWork& work) {
    const auto half = static_cast<std::size_t>(work.layer.out.channels);
    const auto [gates, values] = parted(work.maps[1], work.layer.out.channels);
    Values of_gates(gates.size());
    Values of_values(values.size());
    VectorWork both = work;
    both.maps = {work.maps[0], gates, values};
    both.results = {of_gates, of_values};
    elements(device, both, Elementwise::SiluGateGradient);
    for (std::size_t i = 0; i < gates.size(); ++i) {
        const std::size_t at = i / half * 2 * half + i % half;
        work.results[0][at] = of_gates[i];
        work.results[0][at + half] = of_values[i];
    }
}

// maps: x -> results: neighbouring channels 2i, 2i+1 of each head turned; backwards where factor is -1. An
// element is x*cos + neighbour*sin, with coefficients of every element of a sample.
void rotary(gpu::Executor& device, const VectorWork& work) {
    const Layer& l = work.layer;
    const std::span<const double> x = work.maps[0];
    const auto channels = static_cast<std::size_t>(l.in.channels);
    const auto turned = static_cast<std::size_t>(l.size) / 2 * 2;
    const auto head = static_cast<std::size_t>(work.length);
    const auto sample = static_cast<std::size_t>(l.in.elements());
    Values neighbours(x.begin(), x.end());
    for (std::size_t i = 0; i < x.size(); ++i)
        if (i % channels < turned) neighbours[i] = x[i % channels % 2 == 0 ? i + 1 : i - 1];
    Values cosines(sample, 1.0);
    Values sines(sample, 0.0);
    const Values zeros(sample, 0.0);
    for (std::size_t i = 0; i < sample; ++i) {
        const std::size_t c = i % channels / 2 * 2;
        if (i % channels >= turned) continue;
        const double rate = std::pow(10000.0, -static_cast<double>(c % head) / static_cast<double>(head));
        const double angle = static_cast<double>(i / channels) * rate;
        cosines[i] = std::cos(angle);
        sines[i] = (i % channels % 2 == 0 ? -1 : 1) * work.factor * std::sin(angle);
    }
    VectorWork both = work;
    both.maps = {x, neighbours};
    elements(device, both, Elementwise::NormGradient, {cosines, sines, zeros});
}

// vectors: class token (if any), then positions. FF: maps: x -> results: x*1 + position, and 1*token +
// position. BP: maps: dy -> sums: their gradients, of which the token's is that of its position.
void embedding(gpu::Executor& device, const VectorWork& work) {
    const Layer& l = work.layer;
    const auto sample = static_cast<std::size_t>(l.out.elements());
    const auto front = l.class_token ? static_cast<std::size_t>(l.out.channels) : 0;
    if (work.task.stage != Stage::FF) {
        VectorWork positions = work;
        positions.sums = {work.sums[0].subspan(front)};
        columns(device, positions, Columnwise::BiasGradient);
        std::copy_n(work.sums[0].begin() + static_cast<std::ptrdiff_t>(front), front, work.sums[0].begin());
        return;
    }
    const std::span<const double> vectors = work.vectors[0];
    Values scale(sample, 1.0);
    std::copy_n(vectors.begin(), front, scale.begin());
    Values x(work.results[0].size(), 1.0);
    for (std::size_t i = 0; i < x.size(); ++i)
        if (i % sample >= front) x[i] = work.maps[0][i / sample * (sample - front) + i % sample - front];
    VectorWork whole = work;
    whole.maps = {x};
    elements(device, whole, Elementwise::ScaleShift, {scale, vectors.subspan(front)});
}

// FF: maps: x, a weight for each of its positions -> results: groups of positions, weighted and added up. BP:
// maps: dy, weights -> results: dx.
void combine(gpu::Executor& device, const VectorWork& work) {
    const auto channels = static_cast<std::size_t>(work.layer.in.channels);
    const auto in = static_cast<std::size_t>(work.layer.in.positions());
    const auto out = static_cast<std::size_t>(work.layer.out.positions());
    std::vector<std::size_t> place;  // of each element of x, that of y
    Values weights;
    for (std::size_t position = 0; position < work.maps[1].size(); ++position)
        for (std::size_t c = 0; c < channels; ++c) {
            place.push_back((position / in * out + position % in % out) * channels + c);
            weights.push_back(work.maps[1][position]);
        }
    const std::span<const double> factors = weights;
    if (work.task.stage == Stage::FF)
        return spread_sums_on(device, work.maps[0], &factors, place, true, work.results[0]);
    const Values dy = spread(work.maps[0], place);
    VectorWork both = work;
    both.maps = {dy, weights};
    elements(device, both, Elementwise::Multiply);
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

template <typename T>
void fill_as(gpu::Executor& device, const VectorWork& work) {
    Operands memory(device);
    auto* out = memory.room<T>(work.results[0].size());
    device.clear(out, work.results[0].size() * sizeof *out);
    memory.read(out, work.results[0]);
}

// FP16 maps, or the FP32 gradient of a table.
void fill(gpu::Executor& device, const VectorWork& work) {
    work.task.writes_fp32 > 0 ? fill_as<float>(device, work) : fill_as<std::uint16_t>(device, work);
}

void activation(gpu::Executor& device, const VectorWork& work) {
    const Layer& l = work.layer;
    const bool forward = work.task.op == VectorOp::Activation;
    if (l.kind == LayerKind::Glu) return forward ? gate(device, work) : gate_gradient(device, work);
    if (l.kind == LayerKind::Relu)
        return elements(device, work, forward ? Elementwise::Relu : Elementwise::ReluGradient);
    if (l.kind == LayerKind::Activation && l.function == "silu")
        return elements(device, work, forward ? Elementwise::Silu : Elementwise::SiluGradient);
    elements(device, work, forward ? Elementwise::Gelu : Elementwise::GeluGradient);
}

void run_vector(gpu::Executor& device, const VectorWork& work) {
    switch (work.task.op) {
        case VectorOp::Activation:
        case VectorOp::ActivationGrad:
            return activation(device, work);
        case VectorOp::NormStatistics:
        case VectorOp::NormApply:
        case VectorOp::NormGradStatistics:
        case VectorOp::NormGradApply:
            return by_channel(work.layer) ? channel_norm(device, work) : row_norm_on(device, work);
        case VectorOp::Add:
            return work.task.reads_fp32 > 0 ? add_wide(device, work) : pairs(device, work, Elementwise::Add);
        case VectorOp::Multiply:
            return work.task.stage == Stage::FF ? pairs(device, work, Elementwise::Multiply)
                                                : multiply_gradient(device, work);
        case VectorOp::Copy:
            return elements(device, work, Elementwise::Copy);
        case VectorOp::Bias:
            return elements(device, work, Elementwise::Bias, {work.vectors[0]});
        case VectorOp::BiasGrad:
            return bias_gradient(device, work);
        case VectorOp::Softmax:
            return softmax_on(device, work, gpu::Rowwise::Softmax);
        case VectorOp::SoftmaxGrad:
            return softmax_on(device, work, gpu::Rowwise::SoftmaxGradient);
        case VectorOp::Loss:
            return loss_on(device, work);
        case VectorOp::Optimizer:
            return update_on(device, work);
        case VectorOp::Prune:
            return prune_on(device, work);
        case VectorOp::Transpose:
            return transpose(device, work);
        case VectorOp::ZeroFill:
            return fill(device, work);
        case VectorOp::Pool:
        case VectorOp::PoolGrad:
        case VectorOp::Resize:
            return windows_on(device, work);
        case VectorOp::Embed:
            return work.layer.kind == LayerKind::Embedding ? embedding(device, work)
                                                           : lookup_on(device, work);
        case VectorOp::Rotary:
            return rotary(device, work);
        case VectorOp::Nearest:
            return nearest_on(device, work);
        case VectorOp::Combine:
            return combine(device, work);
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
