// The vector kernels' operations by their number, and element-wise ones by their type.
#pragma once

#include "runtime/gpu/shared/elementwise.hpp"

namespace satsim::gpu {

enum class Elementwise {
    Relu,
    ReluGradient,
    Gelu,
    GeluGradient,
    Add,
    Multiply,
    MultiplyGradient,
    Copy,
    Bias,
    BiasResidualRelu,
    ScaleShift,
    NormGradient,
    Silu,
    SiluGradient,
    SiluGate,
    SiluGateGradient
};
inline constexpr Elementwise kLastElementwise = Elementwise::SiluGateGradient;

enum class Rowwise { Statistics, Normalise, GradientStatistics, Gradient, Softmax, SoftmaxGradient, Loss };
enum class Columnwise { BiasGradient, Statistics, GradientStatistics, RowGradientSums };

// Calls `f` with the operation's type.
template <class F>
void with_operation(Elementwise operation, F f) {
    switch (operation) {
        case Elementwise::Relu:
            return f(Relu{});
        case Elementwise::ReluGradient:
            return f(ReluGradient{});
        case Elementwise::Gelu:
            return f(Gelu{});
        case Elementwise::GeluGradient:
            return f(GeluGradient{});
        case Elementwise::Add:
            return f(Add{});
        case Elementwise::Multiply:
            return f(Multiply{});
        case Elementwise::MultiplyGradient:
            return f(MultiplyGradient{});
        case Elementwise::Copy:
            return f(Copy{});
        case Elementwise::Bias:
            return f(Bias{});
        case Elementwise::BiasResidualRelu:
            return f(BiasResidualRelu{});
        case Elementwise::ScaleShift:
            return f(ScaleShift{});
        case Elementwise::NormGradient:
            return f(NormGradient{});
        case Elementwise::Silu:
            return f(Silu{});
        case Elementwise::SiluGradient:
            return f(SiluGradient{});
        case Elementwise::SiluGate:
            return f(SiluGate{});
        case Elementwise::SiluGateGradient:
            return f(SiluGateGradient{});
    }
}

}  // namespace satsim::gpu
