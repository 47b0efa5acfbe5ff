// Element-wise work on FP16 tensors: each operation reads some tensors, perhaps coefficients of its channel,
// and writes one or two. Arithmetic is FP32, results are rounded once.
//
// `apply(in, channel, out)`: in[i] is the element of tensor i, channel[c] coefficient c of its channel.
#pragma once

#include <cmath>
#include <cstdint>

#include "runtime/gpu/shared/arithmetic.hpp"

namespace satsim::gpu {

struct Relu {
    static constexpr int kInputs = 1, kOutputs = 1, kChannel = 0;
    static SATSIM_HD void apply(const float* in, const float*, float* out) {
        out[0] = in[0] > 0 ? in[0] : 0.0F;
    }
};
// dy, x
struct ReluGradient {
    static constexpr int kInputs = 2, kOutputs = 1, kChannel = 0;
    static SATSIM_HD void apply(const float* in, const float*, float* out) {
        out[0] = in[1] > 0 ? in[0] : 0.0F;
    }
};
// x * Phi(x), the exact form.
struct Gelu {
    static constexpr int kInputs = 1, kOutputs = 1, kChannel = 0;
    static constexpr float kSqrtHalf = 0.70710678F;
    static SATSIM_HD void apply(const float* in, const float*, float* out) {
        out[0] = 0.5F * in[0] * (1.0F + erff(in[0] * kSqrtHalf));
    }
};
// dy, x
struct GeluGradient {
    static constexpr int kInputs = 2, kOutputs = 1, kChannel = 0;
    static constexpr float kDensity = 0.39894228F;  // 1/sqrt(2 pi)
    static SATSIM_HD void apply(const float* in, const float*, float* out) {
        const float x = in[1];
        const float phi = 0.5F * (1.0F + erff(x * Gelu::kSqrtHalf));
        out[0] = in[0] * (phi + x * kDensity * expf(-0.5F * x * x));
    }
};
SATSIM_HD inline float sigmoid(float x) {
    return 1.0F / (1.0F + expf(-x));
}
// x * sigmoid(x)
struct Silu {
    static constexpr int kInputs = 1, kOutputs = 1, kChannel = 0;
    static SATSIM_HD void apply(const float* in, const float*, float* out) {
        out[0] = in[0] * sigmoid(in[0]);
    }
    static SATSIM_HD float slope(float x) {
        const float s = sigmoid(x);
        return s * (1.0F + x * (1.0F - s));
    }
};
// dy, x
struct SiluGradient {
    static constexpr int kInputs = 2, kOutputs = 1, kChannel = 0;
    static SATSIM_HD void apply(const float* in, const float*, float* out) {
        out[0] = in[0] * Silu::slope(in[1]);
    }
};
// gate, value
struct SiluGate {
    static constexpr int kInputs = 2, kOutputs = 1, kChannel = 0;
    static SATSIM_HD void apply(const float* in, const float*, float* out) {
        out[0] = in[0] * sigmoid(in[0]) * in[1];
    }
};
// dy, gate, value -> gradients of gate and value
struct SiluGateGradient {
    static constexpr int kInputs = 3, kOutputs = 2, kChannel = 0;
    static SATSIM_HD void apply(const float* in, const float*, float* out) {
        out[0] = in[0] * in[2] * Silu::slope(in[1]);
        out[1] = in[0] * (in[1] * sigmoid(in[1]));
    }
};
struct Add {
    static constexpr int kInputs = 2, kOutputs = 1, kChannel = 0;
    static SATSIM_HD void apply(const float* in, const float*, float* out) { out[0] = in[0] + in[1]; }
};
struct Multiply {
    static constexpr int kInputs = 2, kOutputs = 1, kChannel = 0;
    static SATSIM_HD void apply(const float* in, const float*, float* out) { out[0] = in[0] * in[1]; }
};
// dy, a, b -> da, db
struct MultiplyGradient {
    static constexpr int kInputs = 3, kOutputs = 2, kChannel = 0;
    static SATSIM_HD void apply(const float* in, const float*, float* out) {
        out[0] = in[0] * in[2];
        out[1] = in[0] * in[1];
    }
};
struct Copy {
    static constexpr int kInputs = 1, kOutputs = 1, kChannel = 0;
    static SATSIM_HD void apply(const float* in, const float*, float* out) { out[0] = in[0]; }
};
// bias
struct Bias {
    static constexpr int kInputs = 1, kOutputs = 1, kChannel = 1;
    static SATSIM_HD void apply(const float* in, const float* channel, float* out) {
        out[0] = in[0] + channel[0];
    }
};
// x, residual; bias: what a fused epilogue would do, in one pass.
struct BiasResidualRelu {
    static constexpr int kInputs = 2, kOutputs = 1, kChannel = 1;
    static SATSIM_HD void apply(const float* in, const float* channel, float* out) {
        const float sum = in[0] + channel[0] + in[1];
        out[0] = sum > 0 ? sum : 0.0F;
    }
};
// scale, shift of a channel: batch normalisation applied
struct ScaleShift {
    static constexpr int kInputs = 1, kOutputs = 1, kChannel = 2;
    static SATSIM_HD void apply(const float* in, const float* channel, float* out) {
        out[0] = in[0] * channel[0] + channel[1];
    }
};
// dy, x; A, B, C of a channel: dx = A*dy + B*x + C (docs/architecture/vector.md §4)
struct NormGradient {
    static constexpr int kInputs = 2, kOutputs = 1, kChannel = 3;
    static SATSIM_HD void apply(const float* in, const float* channel, float* out) {
        out[0] = in[0] * channel[0] + (in[1] * channel[1] + channel[2]);
    }
};

struct ElementwiseArguments {
    const std::uint16_t* in[3] = {};
    std::uint16_t* out[2] = {};
    const float* channel[3] = {};  // [channels] each
    std::int64_t elements = 0;
    std::int64_t channels = 1;
    bool relu = false;  // results are clipped at zero as they are written
};

inline constexpr int kElementsAtOnce = 8;
struct alignas(16) EightHalves {
    std::uint16_t v[kElementsAtOnce];
};

// Elements `first` .. `first` + 7, fewer at the end.
template <class Operation>
SATSIM_HD inline void elementwise(const ElementwiseArguments& a, std::int64_t first) {
    const bool whole = first + kElementsAtOnce <= a.elements;
    EightHalves in[Operation::kInputs];
    EightHalves out[Operation::kOutputs];
    SATSIM_UNROLL
    for (int i = 0; i < Operation::kInputs; ++i) {
        if (whole) {
            in[i] = load_16_bytes<EightHalves>(a.in[i] + first);
        } else {
            for (int e = 0; e < kElementsAtOnce; ++e)
                in[i].v[e] = first + e < a.elements ? a.in[i][first + e] : std::uint16_t{0};
        }
    }
    std::int64_t column = Operation::kChannel > 0 ? first % a.channels : 0;
    SATSIM_UNROLL
    for (int e = 0; e < kElementsAtOnce; ++e) {
        float values[Operation::kInputs];
        float channel[Operation::kChannel > 0 ? Operation::kChannel : 1] = {};
        float results[Operation::kOutputs];
        SATSIM_UNROLL
        for (int i = 0; i < Operation::kInputs; ++i) values[i] = from_half(in[i].v[e]);
        SATSIM_UNROLL
        for (int c = 0; c < Operation::kChannel; ++c) channel[c] = a.channel[c][column];
        Operation::apply(values, channel, results);
        SATSIM_UNROLL
        for (int o = 0; o < Operation::kOutputs; ++o) {
            if (a.relu) Relu::apply(&results[o], nullptr, &results[o]);
            out[o].v[e] = to_half(results[o]);
        }
        if (Operation::kChannel > 0 && ++column == a.channels) column = 0;
    }
    SATSIM_UNROLL
    for (int o = 0; o < Operation::kOutputs; ++o) {
        if (whole) {
            store_16_bytes(a.out[o] + first, out[o]);
        } else {
            for (int e = 0; first + e < a.elements; ++e) a.out[o][first + e] = out[o].v[e];
        }
    }
}

}  // namespace satsim::gpu
