// Element-wise work on FP16 tensors: each operation reads some tensors, perhaps coefficients of its channel,
// and writes one or two. Arithmetic is FP32, results are rounded once.
//
// `apply(in, channel, out)`: in[i] is the element of tensor i, channel[c] coefficient c of its channel.
#pragma once

#include <cmath>
#include <cstdint>

#include "runtime/gpu/shared/arithmetic.hpp"
#include "runtime/gpu/shared/sixteen_bytes.hpp"

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

inline constexpr int kVectorsAtOnce = 4;  // of a thread, at most

struct ElementwiseArguments {
    const std::uint16_t* in[3] = {};  // aligned to 16 bytes, as all others are
    std::uint16_t* out[2] = {};
    const float* channel[3] = {};  // [channels] each
    std::int64_t elements = 0;
    std::int64_t channels = 1;
    bool relu = false;  // results are clipped at zero as they are written
    int at_once = 0;    // vectors of eight elements a thread works on; 0: as many as keep a device full

    [[nodiscard]] SATSIM_HD std::int64_t vectors() const {
        return (elements + kHalvesAtOnce - 1) / kHalvesAtOnce;
    }
    // Vectors after which the channels begin anew; 1 where they begin within one.
    [[nodiscard]] SATSIM_HD std::int64_t groups() const {
        return channels % kHalvesAtOnce == 0 ? channels / kHalvesAtOnce : 1;
    }
    // Threads of a launch: thread i works on the vectors i, i + threads ... A multiple of the groups, so that
    // all vectors of a thread are of the same channels, whose coefficients it reads once.
    [[nodiscard]] std::int64_t threads() const {
        constexpr std::int64_t kFull = std::int64_t{1} << 16;  // threads of two blocks a multiprocessor
        std::int64_t each = at_once > 0 ? at_once : vectors() / kFull;
        each = each < 1 ? 1 : each > kVectorsAtOnce ? kVectorsAtOnce : each;
        const std::int64_t share = (vectors() + each - 1) / each;
        return (share + groups() - 1) / groups() * groups();
    }
};

// Coefficients of eight neighbouring elements from number `first` on.
template <class Operation>
class ElementCoefficients {
  public:
    SATSIM_HD ElementCoefficients(const ElementwiseArguments& a, std::int64_t first) {
        if constexpr (Operation::kChannel > 0) {
            // Divisions of 64 bits are long.
            std::int64_t column =
                first >> 32 == 0 ? static_cast<std::uint32_t>(first) % static_cast<std::uint32_t>(a.channels)
                                 : first % a.channels;
            SATSIM_UNROLL
            for (int c = 0; c < Operation::kChannel; ++c) {
                if (a.channels % kHalvesAtOnce == 0) {
                    load_eight_floats(a.channel[c] + column, value_[c]);
                } else {
                    std::int64_t at = column;
                    SATSIM_UNROLL
                    for (int e = 0; e < kHalvesAtOnce; ++e) {
                        value_[c][e] = a.channel[c][at];
                        if (++at == a.channels) at = 0;
                    }
                }
            }
        }
    }
    // Those of element `e`.
    SATSIM_HD void of(int e, float* channel) const {
        SATSIM_UNROLL
        for (int c = 0; c < Operation::kChannel; ++c) channel[c] = value_[c][e];
    }

  private:
    float value_[Operation::kChannel > 0 ? Operation::kChannel : 1][kHalvesAtOnce] = {};
};

SATSIM_HD inline EightHalves load_vector(const ElementwiseArguments& a, const std::uint16_t* tensor,
                                         std::int64_t first) {
    if (first + kHalvesAtOnce <= a.elements) return load_eight_halves(tensor + first);
    EightHalves vector{};
    SATSIM_UNROLL
    for (int e = 0; e < kHalvesAtOnce; ++e)
        if (first + e < a.elements) vector.v[e] = tensor[first + e];
    return vector;
}
SATSIM_HD inline void store_vector(const ElementwiseArguments& a, std::uint16_t* tensor, std::int64_t first,
                                   const EightHalves& vector) {
    if (first + kHalvesAtOnce <= a.elements) {
        store_16_bytes(tensor + first, vector);
        return;
    }
    SATSIM_UNROLL
    for (int e = 0; e < kHalvesAtOnce; ++e)
        if (first + e < a.elements) tensor[first + e] = vector.v[e];
}

template <class Operation>
SATSIM_HD inline void apply_to_vector(const ElementwiseArguments& a,
                                      const ElementCoefficients<Operation>& coefficients,
                                      const EightHalves* in, std::int64_t first) {
    EightHalves out[Operation::kOutputs];
    SATSIM_UNROLL
    for (int e = 0; e < kHalvesAtOnce; ++e) {
        float values[Operation::kInputs];
        float channel[Operation::kChannel > 0 ? Operation::kChannel : 1] = {};
        float results[Operation::kOutputs];
        SATSIM_UNROLL
        for (int i = 0; i < Operation::kInputs; ++i) values[i] = from_half(in[i].v[e]);
        coefficients.of(e, channel);
        Operation::apply(values, channel, results);
        SATSIM_UNROLL
        for (int o = 0; o < Operation::kOutputs; ++o) {
            if (a.relu) Relu::apply(&results[o], nullptr, &results[o]);
            out[o].v[e] = to_half(results[o]);
        }
    }
    SATSIM_UNROLL
    for (int o = 0; o < Operation::kOutputs; ++o) store_vector(a, a.out[o], first, out[o]);
}

// What thread number `thread` of `threads` does. All its loads come before its first store, so that they are
// under way together.
template <class Operation>
SATSIM_HD inline void elementwise(const ElementwiseArguments& a, std::int64_t thread, std::int64_t threads) {
    EightHalves in[kVectorsAtOnce][Operation::kInputs];
    SATSIM_UNROLL
    for (int v = 0; v < kVectorsAtOnce; ++v) {
        const std::int64_t first = (thread + v * threads) * kHalvesAtOnce;
        if (first >= a.elements) continue;
        SATSIM_UNROLL
        for (int i = 0; i < Operation::kInputs; ++i) in[v][i] = load_vector(a, a.in[i], first);
    }
    // Where channels begin within a vector each has others.
    ElementCoefficients<Operation> coefficients(a, thread * kHalvesAtOnce);
    SATSIM_UNROLL
    for (int v = 0; v < kVectorsAtOnce; ++v) {
        const std::int64_t first = (thread + v * threads) * kHalvesAtOnce;
        if (first >= a.elements) break;
        if (v > 0 && a.channels % kHalvesAtOnce != 0) coefficients = {a, first};
        apply_to_vector<Operation>(a, coefficients, in[v], first);
    }
}

}  // namespace satsim::gpu
