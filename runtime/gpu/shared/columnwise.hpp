// Sums over the rows of an FP16 matrix, column by column: batch normalisation's statistics, gradients of
// biases and scales. Two kernels: blocks sum strips of rows into a workspace, then one thread a column adds
// the strips ascending. No atomics, so the result does not depend on scheduling.
#pragma once

#include <cmath>
#include <cstdint>

#include "runtime/gpu/shared/arithmetic.hpp"

namespace satsim::gpu {

struct ColumnArguments {
    const std::uint16_t* in[2] = {};  // x; or dy, x
    const float* normal[2] = {};      // xhat = x*normal[0] + normal[1], of a column
    const float* scale = nullptr;
    const float* shift = nullptr;
    float* workspace = nullptr;  // [strips][2][columns]
    float* out[5] = {};          // [columns] each, what the operation says
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::int64_t strip = 0;  // rows of one
    float epsilon = 1e-5F;

    [[nodiscard]] SATSIM_HD std::int64_t strips() const { return (rows + strip - 1) / strip; }
};

inline constexpr int kColumnLanes = 32;  // columns of a block
inline constexpr int kRowLanes = 8;      // rows of a block at a time

// What a row adds to the two sums of its column.
struct SumOnly {  // bias gradient
    static constexpr int kSums = 1;
    static SATSIM_HD void add(const ColumnArguments& a, std::int64_t at, std::int64_t, float* sums) {
        sums[0] += from_half(a.in[0][at]);
    }
};
struct SumAndSquares {
    static constexpr int kSums = 2;
    static SATSIM_HD void add(const ColumnArguments& a, std::int64_t at, std::int64_t, float* sums) {
        const float x = from_half(a.in[0][at]);
        sums[0] += x;
        sums[1] += x * x;
    }
};
struct SumAndProducts {  // dbeta, dgamma
    static constexpr int kSums = 2;
    static SATSIM_HD void add(const ColumnArguments& a, std::int64_t at, std::int64_t column, float* sums) {
        const float dy = from_half(a.in[0][at]);
        sums[0] += dy;
        sums[1] += dy * (from_half(a.in[1][at]) * a.normal[0][column] + a.normal[1][column]);
    }
};

struct ColumnTile {
    float sums[2][kRowLanes][kColumnLanes];
};

// Phase 0: thread (column lane, row lane) sums its rows of the strip.
template <class Term>
SATSIM_HD inline void sum_strip(const ColumnArguments& a, std::int64_t column_block, std::int64_t strip,
                                int thread, ColumnTile& tile) {
    const int lane = thread % kColumnLanes;
    const int row_lane = thread / kColumnLanes;
    const std::int64_t column = column_block * kColumnLanes + lane;
    const std::int64_t end = (strip + 1) * a.strip < a.rows ? (strip + 1) * a.strip : a.rows;
    float sums[2] = {};
    if (column < a.columns) {
        for (std::int64_t r = strip * a.strip + row_lane; r < end; r += kRowLanes)
            Term::add(a, r * a.columns + column, column, sums);
    }
    for (int s = 0; s < Term::kSums; ++s) tile.sums[s][row_lane][lane] = sums[s];
}
// Phase 1: the first row of threads adds the row lanes ascending.
template <class Term>
SATSIM_HD inline void fold_strip(const ColumnArguments& a, std::int64_t column_block, std::int64_t strip,
                                 int thread, const ColumnTile& tile) {
    const std::int64_t column = column_block * kColumnLanes + thread;
    if (thread >= kColumnLanes || column >= a.columns) return;
    for (int s = 0; s < Term::kSums; ++s) {
        float sum = 0;
        for (int r = 0; r < kRowLanes; ++r) sum += tile.sums[s][r][thread];
        a.workspace[(strip * 2 + s) * a.columns + column] = sum;
    }
}

[[nodiscard]] SATSIM_HD inline float column_sum(const ColumnArguments& a, std::int64_t column, int s) {
    float sum = 0;
    for (std::int64_t strip = 0; strip < a.strips(); ++strip)
        sum += a.workspace[(strip * 2 + s) * a.columns + column];
    return sum;
}

// The second kernel, one column. out: sum.
struct FinishSum {
    static SATSIM_HD void run(const ColumnArguments& a, std::int64_t column) {
        a.out[0][column] = column_sum(a, column, 0);
    }
};
// out: mean, 1/std, scale = gamma/std, shift = beta - mean*scale, -mean/std
struct FinishStatistics {
    static SATSIM_HD void run(const ColumnArguments& a, std::int64_t column) {
        const auto rows = static_cast<float>(a.rows);
        const float mean = column_sum(a, column, 0) / rows;
        const float variance = fmaxf(column_sum(a, column, 1) / rows - mean * mean, 0.0F);
        const float inverse = 1.0F / sqrtf(variance + a.epsilon);
        const float scale = a.scale[column] * inverse;
        a.out[0][column] = mean;
        a.out[1][column] = inverse;
        a.out[2][column] = scale;
        a.out[3][column] = a.shift[column] - mean * scale;
        a.out[4][column] = -mean * inverse;
    }
};
// normal: 1/std, -mean/std; out: dbeta, dgamma, and A, B, C of dx = A*dy + B*x + C
struct FinishGradient {
    static SATSIM_HD void run(const ColumnArguments& a, std::int64_t column) {
        const auto rows = static_cast<float>(a.rows);
        const float dbeta = column_sum(a, column, 0);
        const float dgamma = column_sum(a, column, 1);
        const float scale = a.scale[column] * a.normal[0][column];
        const float product = scale * (dgamma / rows);
        a.out[0][column] = dbeta;
        a.out[1][column] = dgamma;
        a.out[2][column] = scale;
        a.out[3][column] = -a.normal[0][column] * product;
        a.out[4][column] = -(a.normal[1][column] * product + scale * (dbeta / rows));
    }
};

}  // namespace satsim::gpu
