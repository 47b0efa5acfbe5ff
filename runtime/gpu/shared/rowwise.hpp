// Work on whole rows of an FP16 matrix, one warp a row: layer normalisation, softmax, cross-entropy and their
// gradients. A warp reduces in a fixed order: each lane its columns ascending, then lanes by exchange with
// lane ^ 16, 8, 4, 2, 1; so results do not depend on scheduling, and the tests can compute them lane by lane.
//
// Each operation is a few passes. `Warp` gives the lane's number, sum(x) and largest(x) over the warp. Rows
// of at most 32*Held columns are read once and held in registers; Held = 0: any row, read in every pass.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "runtime/gpu/shared/arithmetic.hpp"

namespace satsim::gpu {

struct RowArguments {
    const std::uint16_t* in[2] = {};
    std::uint16_t* out = nullptr;
    float* statistics = nullptr;    // [rows][2]: mean and 1/std of a row; means of its gradient
    const float* normal = nullptr;  // gradients of norms: [rows][2] of the forward pass
    const float* scale = nullptr;   // [columns], of norms
    const float* shift = nullptr;
    float* loss = nullptr;       // [rows]
    const int* label = nullptr;  // [rows]
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    float epsilon = 1e-5F;
    float gradient_scale = 1;  // of the loss: loss scale over samples
    float factor = 1;          // softmax and its gradient: of what goes into exp; not of the loss
    bool centred = true;       // norms: false: the mean counts as 0 (RMS norm), in the gradient too
};

inline constexpr int kWarp = 32;

// What a lane holds of its row of one tensor: columns lane, lane + 32 ...
template <int Held>
class LaneRow {
  public:
    SATSIM_HD LaneRow(const RowArguments& a, const std::uint16_t* tensor, std::int64_t row, int lane)
        : from_(tensor + row * a.columns) {
        SATSIM_UNROLL
        for (int i = 0; i < Held; ++i) {
            const int c = lane + i * kWarp;
            value_[i] = c < a.columns ? from_half(from_[c]) : 0.0F;
        }
    }
    // Number i of the lane's columns is c.
    [[nodiscard]] SATSIM_HD float at(int i, std::int64_t c) const {
        if constexpr (Held > 0) return value_[i];
        return from_half(from_[c]);
    }

  private:
    const std::uint16_t* from_;
    float value_[Held > 0 ? Held : 1];
};
// Calls f(i, c) for the lane's columns, ascending.
template <int Held, class Function>
SATSIM_HD inline void for_columns(const RowArguments& a, int lane, Function f) {
    if constexpr (Held > 0) {
        SATSIM_UNROLL
        for (int i = 0; i < Held; ++i) {
            const int c = lane + i * kWarp;
            if (c < a.columns) f(i, std::int64_t{c});
        }
    } else {
        for (std::int64_t c = lane; c < a.columns; c += kWarp) f(0, c);
    }
}

// Mean and 1/std of every row; not centred: 0 and 1 over the root of the mean square.
struct RowStatistics {
    template <int Held, class Warp>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t row, const Warp& warp) {
        const LaneRow<Held> x(a, a.in[0], row, warp.lane());
        float sum = 0;
        for_columns<Held>(a, warp.lane(), [&](int i, std::int64_t c) { sum += x.at(i, c); });
        const float all = warp.sum(sum);
        const float mean = a.centred ? all / static_cast<float>(a.columns) : 0.0F;
        float squares = 0;
        for_columns<Held>(a, warp.lane(), [&](int i, std::int64_t c) {
            const float d = x.at(i, c) - mean;
            squares += d * d;
        });
        const float variance = warp.sum(squares) / static_cast<float>(a.columns);
        if (warp.lane() != 0) return;
        a.statistics[row * 2] = mean;
        a.statistics[row * 2 + 1] = 1.0F / sqrtf(variance + a.epsilon);
    }
};

// y = (x - mean) / std * scale + shift
struct RowNormalise {
    template <int Held, class Warp>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t row, const Warp& warp) {
        const LaneRow<Held> x(a, a.in[0], row, warp.lane());
        const float mean = a.normal[row * 2];
        const float inverse = a.normal[row * 2 + 1];
        for_columns<Held>(a, warp.lane(), [&](int i, std::int64_t c) {
            a.out[row * a.columns + c] = to_half((x.at(i, c) - mean) * inverse * a.scale[c] + a.shift[c]);
        });
    }
};

// Means over a row of g = dy*scale (not centred: 0) and of g*xhat. in: dy, x.
struct RowGradientStatistics {
    template <int Held, class Warp>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t row, const Warp& warp) {
        const LaneRow<Held> dy(a, a.in[0], row, warp.lane());
        const LaneRow<Held> x(a, a.in[1], row, warp.lane());
        const float mean = a.normal[row * 2];
        const float inverse = a.normal[row * 2 + 1];
        float sum = 0;
        float products = 0;
        for_columns<Held>(a, warp.lane(), [&](int i, std::int64_t c) {
            const float g = dy.at(i, c) * a.scale[c];
            sum += g;
            products += g * ((x.at(i, c) - mean) * inverse);
        });
        sum = warp.sum(sum);
        products = warp.sum(products);
        if (warp.lane() != 0) return;
        a.statistics[row * 2] = a.centred ? sum / static_cast<float>(a.columns) : 0.0F;
        a.statistics[row * 2 + 1] = products / static_cast<float>(a.columns);
    }
};

// dx = (g - mean(g) - xhat*mean(g*xhat)) / std
struct RowGradient {
    template <int Held, class Warp>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t row, const Warp& warp) {
        const LaneRow<Held> dy(a, a.in[0], row, warp.lane());
        const LaneRow<Held> x(a, a.in[1], row, warp.lane());
        const float mean = a.normal[row * 2];
        const float inverse = a.normal[row * 2 + 1];
        const float mean_g = a.statistics[row * 2];
        const float mean_product = a.statistics[row * 2 + 1];
        for_columns<Held>(a, warp.lane(), [&](int i, std::int64_t c) {
            const float normal = (x.at(i, c) - mean) * inverse;
            const float g = dy.at(i, c) * a.scale[c];
            a.out[row * a.columns + c] = to_half((g - mean_g - normal * mean_product) * inverse);
        });
    }
};

// Largest element of a row, exponentials of factor times what elements are less than it, and 1 / their sum.
// An element of -infinity becomes 0.
template <int Held, class Warp>
class RowExponentials {
  public:
    SATSIM_HD RowExponentials(const RowArguments& a, std::int64_t row, const Warp& warp)
        : x_(a, a.in[0], row, warp.lane()), factor_(a.factor) {
        float largest = -INFINITY;
        for_columns<Held>(a, warp.lane(),
                          [&](int i, std::int64_t c) { largest = fmaxf(largest, x_.at(i, c)); });
        top_ = warp.largest(largest);
        float terms = 0;
        for_columns<Held>(a, warp.lane(), [&](int i, std::int64_t c) {
            const float e = expf(factor_ * (x_.at(i, c) - top_));
            if constexpr (Held > 0) exponential_[i] = e;
            terms += e;
        });
        sum_ = warp.sum(terms);
        inverse_ = 1.0F / sum_;
    }
    [[nodiscard]] SATSIM_HD float probability(int i, std::int64_t c) const {
        if constexpr (Held > 0) return exponential_[i] * inverse_;
        return expf(factor_ * (x_.at(i, c) - top_)) * inverse_;
    }
    // log of the sum of exponentials of the row itself, where the factor is 1
    [[nodiscard]] SATSIM_HD float log_sum() const { return logf(sum_) + top_; }

  private:
    LaneRow<Held> x_;
    float exponential_[Held > 0 ? Held : 1];
    float factor_ = 1;
    float top_ = 0;
    float sum_ = 0;
    float inverse_ = 0;
};

struct RowSoftmax {
    template <int Held, class Warp>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t row, const Warp& warp) {
        const RowExponentials<Held, Warp> e(a, row, warp);
        for_columns<Held>(a, warp.lane(), [&](int i, std::int64_t c) {
            a.out[row * a.columns + c] = to_half(e.probability(i, c));
        });
    }
};

// dx = factor * y * (dy - sum(dy*y)). in: dy, y.
struct RowSoftmaxGradient {
    template <int Held, class Warp>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t row, const Warp& warp) {
        const LaneRow<Held> dy(a, a.in[0], row, warp.lane());
        const LaneRow<Held> y(a, a.in[1], row, warp.lane());
        float products = 0;
        for_columns<Held>(a, warp.lane(),
                          [&](int i, std::int64_t c) { products += dy.at(i, c) * y.at(i, c); });
        products = warp.sum(products);
        for_columns<Held>(a, warp.lane(), [&](int i, std::int64_t c) {
            a.out[row * a.columns + c] = to_half(a.factor * y.at(i, c) * (dy.at(i, c) - products));
        });
    }
};

// Softmax cross-entropy: loss of every row, and its gradient in FP16.
struct RowLoss {
    template <int Held, class Warp>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t row, const Warp& warp) {
        const RowExponentials<Held, Warp> e(a, row, warp);
        const int label = a.label[row];
        for_columns<Held>(a, warp.lane(), [&](int i, std::int64_t c) {
            const float minus = c == label ? 1.0F : 0.0F;
            a.out[row * a.columns + c] = to_half((e.probability(i, c) - minus) * a.gradient_scale);
        });
        if (warp.lane() == 0) a.loss[row] = e.log_sum() - from_half(a.in[0][row * a.columns + label]);
    }
};

// Calls f with the constant Held that rows of `columns` are worked on with.
template <class Function>
void with_held(std::int64_t columns, Function f) {
    if (columns <= 4 * kWarp)
        f(std::integral_constant<int, 4>{});
    else if (columns <= 16 * kWarp)
        f(std::integral_constant<int, 16>{});
    else
        f(std::integral_constant<int, 0>{});
}

}  // namespace satsim::gpu
