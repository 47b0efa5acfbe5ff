// Rows of tables: lookups, their gradients, and the nearest row of a codebook. One thread an element of the
// result (the nearest row: a position).
#pragma once

#include <cstdint>

#include "runtime/gpu/shared/arithmetic.hpp"

namespace satsim::gpu {

struct TableArguments {
    const float* table = nullptr;  // [rows][channels]
    const int* number = nullptr;   // lookup: [positions], the row that each takes
    const int* first = nullptr;    // gradient: [rows + 1], where a row's positions begin in `order`
    const int* order = nullptr;    // gradient: positions by the rows that they take, ascending
    const std::uint16_t* map =
        nullptr;  // gradient: dy [positions][channels]; nearest: products [positions][rows]
    const std::uint16_t* factor = nullptr;  // gradient: what dy is multiplied by first, if anything
    float* length = nullptr;                // nearest: [rows], squares of the rows' lengths
    std::uint16_t* out = nullptr;           // lookup, nearest: [positions][channels]; gradient in FP16
    float* gradient = nullptr;              // [rows][channels]; null: `out`
    int* nearest = nullptr;                 // [positions]
    std::int64_t positions = 0;
    std::int64_t rows = 0;
    std::int64_t channels = 0;
};

struct Lookup {
    static SATSIM_HD std::int64_t threads(const TableArguments& a) { return a.positions * a.channels; }
    static SATSIM_HD void run(const TableArguments& a, std::int64_t i) {
        a.out[i] = to_half(a.table[a.number[i / a.channels] * a.channels + i % a.channels]);
    }
};
// A row's gradient is the sum over the positions that took it, in their order; so is that of an operand that
// was spread over a larger one (rows are its elements).
struct LookupGradient {
    static SATSIM_HD std::int64_t threads(const TableArguments& a) { return a.rows * a.channels; }
    static SATSIM_HD void run(const TableArguments& a, std::int64_t i) {
        const std::int64_t row = i / a.channels;
        float sum = 0;
        for (int p = a.first[row]; p < a.first[row + 1]; ++p) {
            const std::int64_t at = a.order[p] * a.channels + i % a.channels;
            const float dy = from_half(a.map[at]);
            sum += a.factor != nullptr ? dy * from_half(a.factor[at]) : dy;
        }
        if (a.gradient != nullptr)
            a.gradient[i] = sum;
        else
            a.out[i] = to_half(sum);
    }
};
struct RowLengths {
    static SATSIM_HD std::int64_t threads(const TableArguments& a) { return a.rows; }
    static SATSIM_HD void run(const TableArguments& a, std::int64_t row) {
        float sum = 0;
        for (std::int64_t c = 0; c < a.channels; ++c) {
            const float value = a.table[row * a.channels + c];
            sum += value * value;
        }
        a.length[row] = sum;
    }
};
// The row with the smallest length - 2 * product, the first of equal ones.
struct NearestRow {
    static SATSIM_HD std::int64_t threads(const TableArguments& a) { return a.positions; }
    static SATSIM_HD void run(const TableArguments& a, std::int64_t p) {
        std::int64_t best = 0;
        float least = 0;
        for (std::int64_t r = 0; r < a.rows; ++r) {
            const float distance = a.length[r] - 2 * from_half(a.map[p * a.rows + r]);
            if (r > 0 && !(distance < least)) continue;
            best = r;
            least = distance;
        }
        a.nearest[p] = static_cast<int>(best);
        for (std::int64_t c = 0; c < a.channels; ++c)
            a.out[p * a.channels + c] = to_half(a.table[best * a.channels + c]);
    }
};

}  // namespace satsim::gpu
