// Work on whole rows of an FP16 matrix, one warp a row: layer normalisation, softmax, cross-entropy and their
// gradients. A warp reduces in a fixed order: each lane its columns ascending, then lanes by exchange with
// lane ^ 16, 8, 4, 2, 1; so results do not depend on scheduling, and the tests can compute them lane by lane.
//
// Each operation is a few passes. `Warp` gives the lane's number, sum(x) and largest(x) over the warp.
#pragma once

#include <cmath>
#include <cstdint>

#include "runtime/gpu/shared/arithmetic.hpp"

namespace satsim::gpu {

struct RowArguments {
    const std::uint16_t* in[2] = {};
    std::uint16_t* out = nullptr;
    float* statistics = nullptr;    // [rows][2]: mean and 1/std of a row; sums of its gradient
    const float* normal = nullptr;  // gradients of norms: [rows][2] of the forward pass
    const float* scale = nullptr;   // [columns], of norms
    const float* shift = nullptr;
    float* loss = nullptr;       // [rows]
    const int* label = nullptr;  // [rows]
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    float epsilon = 1e-5F;
    float gradient_scale = 1;  // of the loss: loss scale over samples
};

inline constexpr int kWarp = 32;

// Mean and 1/std of every row.
struct RowStatistics {
    template <class Warp>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t row, const Warp& warp) {
        const std::uint16_t* x = a.in[0] + row * a.columns;
        float sum = 0;
        for (std::int64_t c = warp.lane(); c < a.columns; c += kWarp) sum += from_half(x[c]);
        const float mean = warp.sum(sum) / static_cast<float>(a.columns);
        float squares = 0;
        for (std::int64_t c = warp.lane(); c < a.columns; c += kWarp) {
            const float d = from_half(x[c]) - mean;
            squares += d * d;
        }
        const float variance = warp.sum(squares) / static_cast<float>(a.columns);
        if (warp.lane() != 0) return;
        a.statistics[row * 2] = mean;
        a.statistics[row * 2 + 1] = 1.0F / sqrtf(variance + a.epsilon);
    }
};

// y = (x - mean) / std * scale + shift
struct RowNormalise {
    template <class Warp>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t row, const Warp& warp) {
        const float mean = a.normal[row * 2];
        const float inverse = a.normal[row * 2 + 1];
        for (std::int64_t c = warp.lane(); c < a.columns; c += kWarp) {
            const std::int64_t at = row * a.columns + c;
            a.out[at] = to_half((from_half(a.in[0][at]) - mean) * inverse * a.scale[c] + a.shift[c]);
        }
    }
};

// Means over a row of g = dy*scale and of g*xhat. in: dy, x.
struct RowGradientStatistics {
    template <class Warp>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t row, const Warp& warp) {
        const float mean = a.normal[row * 2];
        const float inverse = a.normal[row * 2 + 1];
        float sum = 0;
        float products = 0;
        for (std::int64_t c = warp.lane(); c < a.columns; c += kWarp) {
            const std::int64_t at = row * a.columns + c;
            const float g = from_half(a.in[0][at]) * a.scale[c];
            sum += g;
            products += g * ((from_half(a.in[1][at]) - mean) * inverse);
        }
        sum = warp.sum(sum);
        products = warp.sum(products);
        if (warp.lane() != 0) return;
        a.statistics[row * 2] = sum / static_cast<float>(a.columns);
        a.statistics[row * 2 + 1] = products / static_cast<float>(a.columns);
    }
};

// dx = (g - mean(g) - xhat*mean(g*xhat)) / std
struct RowGradient {
    template <class Warp>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t row, const Warp& warp) {
        const float mean = a.normal[row * 2];
        const float inverse = a.normal[row * 2 + 1];
        const float mean_g = a.statistics[row * 2];
        const float mean_product = a.statistics[row * 2 + 1];
        for (std::int64_t c = warp.lane(); c < a.columns; c += kWarp) {
            const std::int64_t at = row * a.columns + c;
            const float normal = (from_half(a.in[1][at]) - mean) * inverse;
            const float g = from_half(a.in[0][at]) * a.scale[c];
            a.out[at] = to_half((g - mean_g - normal * mean_product) * inverse);
        }
    }
};

struct RowSoftmax {
    // Largest element and sum of exponentials of a row.
    template <class Warp>
    static SATSIM_HD void parts(const RowArguments& a, std::int64_t row, const Warp& warp, float& top,
                                float& sum) {
        const std::uint16_t* x = a.in[0] + row * a.columns;
        float largest = -INFINITY;
        for (std::int64_t c = warp.lane(); c < a.columns; c += kWarp)
            largest = fmaxf(largest, from_half(x[c]));
        top = warp.largest(largest);
        float terms = 0;
        for (std::int64_t c = warp.lane(); c < a.columns; c += kWarp) terms += expf(from_half(x[c]) - top);
        sum = warp.sum(terms);
    }
    template <class Warp>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t row, const Warp& warp) {
        float top = 0;
        float sum = 0;
        parts(a, row, warp, top, sum);
        for (std::int64_t c = warp.lane(); c < a.columns; c += kWarp) {
            const std::int64_t at = row * a.columns + c;
            a.out[at] = to_half(expf(from_half(a.in[0][at]) - top) / sum);
        }
    }
};

// dx = y * (dy - sum(dy*y)). in: dy, y.
struct RowSoftmaxGradient {
    template <class Warp>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t row, const Warp& warp) {
        float products = 0;
        for (std::int64_t c = warp.lane(); c < a.columns; c += kWarp) {
            const std::int64_t at = row * a.columns + c;
            products += from_half(a.in[0][at]) * from_half(a.in[1][at]);
        }
        products = warp.sum(products);
        for (std::int64_t c = warp.lane(); c < a.columns; c += kWarp) {
            const std::int64_t at = row * a.columns + c;
            a.out[at] = to_half(from_half(a.in[1][at]) * (from_half(a.in[0][at]) - products));
        }
    }
};

// Softmax cross-entropy: loss of every row, and its gradient in FP16.
struct RowLoss {
    template <class Warp>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t row, const Warp& warp) {
        float top = 0;
        float sum = 0;
        RowSoftmax::parts(a, row, warp, top, sum);
        const int label = a.label[row];
        for (std::int64_t c = warp.lane(); c < a.columns; c += kWarp) {
            const std::int64_t at = row * a.columns + c;
            const float probability = expf(from_half(a.in[0][at]) - top) / sum;
            a.out[at] = to_half((probability - (c == label ? 1.0F : 0.0F)) * a.gradient_scale);
        }
        if (warp.lane() == 0) a.loss[row] = logf(sum) + top - from_half(a.in[0][row * a.columns + label]);
    }
};

}  // namespace satsim::gpu
