// Sums over the rows of an FP16 matrix, column by column: batch normalisation's statistics, gradients of
// biases and scales. Two kernels: blocks sum strips of rows into a workspace, then eight threads a column add
// a share of the strips each, in an order of its own. No atomics, so the result does not depend on
// scheduling.
#pragma once

#include <cmath>
#include <cstdint>

#include "runtime/gpu/shared/arithmetic.hpp"
#include "runtime/gpu/shared/sixteen_bytes.hpp"

namespace satsim::gpu {

struct ColumnArguments {
    const std::uint16_t* in[2] = {};    // x; or dy, x
    const float* normal[2] = {};        // xhat = x*normal[0] + normal[1], of a column
    const float* row_normal = nullptr;  // [rows / rows_each][2]: mean, 1/std of rows; xhat = (x - mean)/std
    const float* scale = nullptr;
    const float* shift = nullptr;
    float* workspace = nullptr;  // [strips][2][columns]
    float* out[5] = {};          // [columns] each, what the operation says
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::int64_t strip = 0;      // rows of one
    std::int64_t rows_each = 1;  // that share a mean and 1/std
    float epsilon = 1e-5F;

    [[nodiscard]] SATSIM_HD std::int64_t strips() const { return (rows + strip - 1) / strip; }
    // Threads of a block side by side, eight columns each: a power of two, so that narrow matrices take more
    // rows.
    [[nodiscard]] SATSIM_HD int lanes() const {
        int n = 1;
        while (n < 32 && n * 8 < columns) n *= 2;
        return n;
    }
    [[nodiscard]] SATSIM_HD std::int64_t column_blocks() const {
        return (columns + lanes() * 8 - 1) / (lanes() * 8);
    }
    // Strips for as many blocks as keep a device full, of 16 rows a thread at least; few blocks side by side
    // take more of them, which the second kernel adds up.
    void choose_strip() {
        constexpr std::int64_t kRowsOfThread = 16;
        constexpr std::int64_t kBlocks = 1024;
        const std::int64_t most = column_blocks() < kBlocks ? kBlocks / column_blocks() : 1;
        const std::int64_t least = kRowsOfThread * (256 / lanes());
        strip = rows / most + 1 > least ? rows / most + 1 : least;
    }
};

inline constexpr int kColumnThreads = 256;
inline constexpr int kRowsAtOnce = 4;  // of a thread, under way together

struct ColumnTile {
    float sums[2][kColumnThreads][kHalvesAtOnce];
};

// What rows add to the two sums of a column; x, y: elements of the tensors. kByRow: the last two are of the
// row, mean and 1/std.
struct SumOnly {  // bias gradient
    static constexpr int kInputs = 1, kSums = 1;
    static constexpr bool kByRow = false;
    static SATSIM_HD void add(float x, float, float, float, float& first, float&) { first += x; }
};
struct SumAndSquares {
    static constexpr int kInputs = 1, kSums = 2;
    static constexpr bool kByRow = false;
    static SATSIM_HD void add(float x, float, float, float, float& first, float& second) {
        first += x;
        second += x * x;
    }
};
struct SumAndProducts {  // dbeta, dgamma of dy and xhat = y*normal[0] + normal[1]
    static constexpr int kInputs = 2, kSums = 2;
    static constexpr bool kByRow = false;
    static SATSIM_HD void add(float dy, float y, float scale, float shift, float& first, float& second) {
        first += dy;
        second += dy * (y * scale + shift);
    }
};
struct SumAndRowProducts {  // dbeta, dgamma of dy and xhat = (y - mean) / std of the row
    static constexpr int kInputs = 2, kSums = 2;
    static constexpr bool kByRow = true;
    static SATSIM_HD void add(float dy, float y, float mean, float inverse, float& first, float& second) {
        first += dy;
        second += dy * ((y - mean) * inverse);
    }
};

SATSIM_HD inline EightHalves column_halves(const ColumnArguments& a, const std::uint16_t* from,
                                           std::int64_t row, std::int64_t column) {
    const std::uint16_t* at = from + row * a.columns + column;
    if (a.columns % kHalvesAtOnce == 0) return load_eight_halves(at);
    EightHalves halves{};
    for (int e = 0; e < kHalvesAtOnce && column + e < a.columns; ++e) halves.v[e] = at[e];
    return halves;
}

// Phase 0: thread (column lane, row lane) sums its rows of the strip.
template <class Term>
SATSIM_HD inline void sum_strip(const ColumnArguments& a, std::int64_t column_block, std::int64_t strip,
                                int thread, ColumnTile& tile) {
    const int lanes = a.lanes();
    const std::int64_t column = (column_block * lanes + thread % lanes) * kHalvesAtOnce;
    const int row_lanes = kColumnThreads / lanes;
    const std::int64_t end = (strip + 1) * a.strip < a.rows ? (strip + 1) * a.strip : a.rows;
    float sums[2][kHalvesAtOnce] = {};
    float normal[2][kHalvesAtOnce] = {};
    if (column < a.columns) {
        if constexpr (Term::kInputs == 2 && !Term::kByRow) {
            for (int e = 0; e < kHalvesAtOnce && column + e < a.columns; ++e) {
                normal[0][e] = a.normal[0][column + e];
                normal[1][e] = a.normal[1][column + e];
            }
        }
        for (std::int64_t r = strip * a.strip + thread / lanes; r < end; r += kRowsAtOnce * row_lanes) {
            // All loads first, so that they are under way together. A row beyond the end adds zeros.
            EightHalves x[kRowsAtOnce] = {};
            EightHalves y[kRowsAtOnce] = {};
            SATSIM_UNROLL
            for (int u = 0; u < kRowsAtOnce; ++u) {
                const std::int64_t row = r + u * row_lanes;
                if (row >= end) continue;
                x[u] = column_halves(a, a.in[0], row, column);
                if (Term::kInputs == 2) y[u] = column_halves(a, a.in[1], row, column);
            }
            SATSIM_UNROLL
            for (int u = 0; u < kRowsAtOnce; ++u) {
                if constexpr (Term::kByRow) {
                    const std::int64_t row = r + u * row_lanes < end ? r + u * row_lanes : r;
                    const float* of_row = a.row_normal + row / a.rows_each * 2;
                    SATSIM_UNROLL
                    for (int e = 0; e < kHalvesAtOnce; ++e) normal[0][e] = of_row[0];
                    SATSIM_UNROLL
                    for (int e = 0; e < kHalvesAtOnce; ++e) normal[1][e] = of_row[1];
                }
                SATSIM_UNROLL
                for (int e = 0; e < kHalvesAtOnce; ++e)
                    Term::add(from_half(x[u].v[e]), from_half(y[u].v[e]), normal[0][e], normal[1][e],
                              sums[0][e], sums[1][e]);
            }
        }
    }
    SATSIM_UNROLL
    for (int s = 0; s < Term::kSums; ++s) {
        SATSIM_UNROLL
        for (int e = 0; e < kHalvesAtOnce; ++e) tile.sums[s][thread][e] = sums[s][e];
    }
}
// Phase 1: a thread a column adds the row lanes ascending.
template <class Term>
SATSIM_HD inline void fold_strip(const ColumnArguments& a, std::int64_t column_block, std::int64_t strip,
                                 int thread, const ColumnTile& tile) {
    const int lanes = a.lanes();
    const std::int64_t column = column_block * lanes * kHalvesAtOnce + thread;
    if (thread >= lanes * kHalvesAtOnce || column >= a.columns) return;
    for (int s = 0; s < Term::kSums; ++s) {
        float sum = 0;
        for (int r = 0; r < kColumnThreads / lanes; ++r)
            sum += tile.sums[s][r * lanes + thread / kHalvesAtOnce][thread % kHalvesAtOnce];
        a.workspace[(strip * 2 + s) * a.columns + column] = sum;
    }
}

// The second kernel: a block takes kFinishColumns columns, kFinishParts threads each.
inline constexpr int kFinishColumns = 32;
inline constexpr int kFinishParts = 8;
struct FinishTile {
    float sums[2][kFinishParts][kFinishColumns];
};
// Phase 0: thread (part, column) adds every kFinishParts-th strip.
template <int Sums>
SATSIM_HD inline void sum_part(const ColumnArguments& a, std::int64_t block, int thread, FinishTile& tile) {
    const int lane = thread % kFinishColumns;
    const int part = thread / kFinishColumns;
    const std::int64_t column = block * kFinishColumns + lane;
    float sums[2] = {};
    if (column < a.columns) {
        const std::int64_t strips = a.strips();
        for (std::int64_t strip = part; strip < strips; strip += kFinishParts) {
            SATSIM_UNROLL
            for (int s = 0; s < Sums; ++s) sums[s] += a.workspace[(strip * 2 + s) * a.columns + column];
        }
    }
    SATSIM_UNROLL
    for (int s = 0; s < Sums; ++s) tile.sums[s][part][lane] = sums[s];
}
// Phase 1: a thread a column.
template <class Finish>
SATSIM_HD inline void finish_column(const ColumnArguments& a, std::int64_t block, int thread,
                                    const FinishTile& tile) {
    const std::int64_t column = block * kFinishColumns + thread;
    if (thread >= kFinishColumns || column >= a.columns) return;
    float sums[2] = {};
    SATSIM_UNROLL
    for (int s = 0; s < Finish::kSums; ++s) {
        SATSIM_UNROLL
        for (int part = 0; part < kFinishParts; ++part) sums[s] += tile.sums[s][part][thread];
    }
    Finish::run(a, column, sums[0], sums[1]);
}

// What becomes of a column's sums. out: sum.
struct FinishSum {
    static constexpr int kSums = 1;
    static SATSIM_HD void run(const ColumnArguments& a, std::int64_t column, float sum, float) {
        a.out[0][column] = sum;
    }
};
// out: both sums
struct FinishBoth {
    static constexpr int kSums = 2;
    static SATSIM_HD void run(const ColumnArguments& a, std::int64_t column, float first, float second) {
        a.out[0][column] = first;
        a.out[1][column] = second;
    }
};
// out: mean, 1/std, scale = gamma/std, shift = beta - mean*scale, -mean/std
struct FinishStatistics {
    static constexpr int kSums = 2;
    static SATSIM_HD void run(const ColumnArguments& a, std::int64_t column, float sum, float squares) {
        const auto rows = static_cast<float>(a.rows);
        const float mean = sum / rows;
        const float variance = fmaxf(squares / rows - mean * mean, 0.0F);
        const float inverse = 1.0F / sqrtf(variance + a.epsilon);
        const float scale = a.scale[column] * inverse;
        a.out[0][column] = mean;
        a.out[1][column] = inverse;
        a.out[2][column] = scale;
        a.out[3][column] = a.shift[column] - mean * scale;
        a.out[4][column] = -mean * inverse;
    }
};
// normal: 1/std, -mean/std; scale: gamma/std, as the statistics leave it. out: dbeta, dgamma, and B, C of
// dx = scale*dy + B*x + C (docs/architecture/vector.md §4)
struct FinishGradient {
    static constexpr int kSums = 2;
    static SATSIM_HD void run(const ColumnArguments& a, std::int64_t column, float dbeta, float dgamma) {
        const auto rows = static_cast<float>(a.rows);
        const float scale = a.scale[column];
        const float product = scale * (dgamma / rows);
        a.out[0][column] = dbeta;
        a.out[1][column] = dgamma;
        a.out[2][column] = -a.normal[0][column] * product;
        a.out[3][column] = -(a.normal[1][column] * product + scale * (dbeta / rows));
    }
};

}  // namespace satsim::gpu
