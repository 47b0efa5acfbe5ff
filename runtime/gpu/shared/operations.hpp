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

enum class Rowwise {
    Statistics,
    Normalise,
    Norm,  // Statistics and Normalise in one
    GradientStatistics,
    Gradient,
    NormGradient,  // GradientStatistics, whose means are not written, and Gradient in one
    Softmax,
    SoftmaxGradient,
    Loss
};
enum class Columnwise { BiasGradient, Statistics, GradientStatistics, RowGradientSums };
enum class Windows {
    MaximumPool,
    AveragePool,
    MaximumPoolGradient,
    AveragePoolGradient,
    Resample,
    ResampleGradient
};
enum class Tables { Lookup, LookupGradient, Nearest };

// For errors.
[[nodiscard]] constexpr const char* to_string(Elementwise operation) {
    constexpr const char* kNames[] = {"relu",
                                      "relu gradient",
                                      "gelu",
                                      "gelu gradient",
                                      "add",
                                      "multiply",
                                      "multiply gradient",
                                      "copy",
                                      "bias",
                                      "bias residual relu",
                                      "scale shift",
                                      "norm gradient",
                                      "silu",
                                      "silu gradient",
                                      "silu gate",
                                      "silu gate gradient"};
    return kNames[static_cast<int>(operation)];
}
[[nodiscard]] constexpr const char* to_string(Rowwise operation) {
    constexpr const char* kNames[] = {"statistics", "normalise",     "norm",    "gradient statistics",
                                      "gradient",   "norm gradient", "softmax", "softmax gradient",
                                      "loss"};
    return kNames[static_cast<int>(operation)];
}
[[nodiscard]] constexpr const char* to_string(Columnwise operation) {
    constexpr const char* kNames[] = {"bias gradient", "statistics", "gradient statistics",
                                      "row gradient sums"};
    return kNames[static_cast<int>(operation)];
}
[[nodiscard]] constexpr const char* to_string(Windows operation) {
    constexpr const char* kNames[] = {"maximum pool",          "average pool", "maximum pool gradient",
                                      "average pool gradient", "resample",     "resample gradient"};
    return kNames[static_cast<int>(operation)];
}
[[nodiscard]] constexpr const char* to_string(Tables operation) {
    constexpr const char* kNames[] = {"lookup", "lookup gradient", "nearest"};
    return kNames[static_cast<int>(operation)];
}

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
