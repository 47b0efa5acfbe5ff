// The inner loop of the functional STCE: many accumulators at once, each with its own additions in order.
//
// The outputs of one column that are computed side by side are its lanes (array rows and row slots, or
// positions). They share the column's (index, value) pairs, so that a pair is one multiplication and one
// addition on whole vectors, dense or N:M, without any gather. Lanes never mix: a lane's bits are those of
// the scalar order.
#pragma once

#include <cstdint>

namespace satsim::functional {

inline constexpr std::int64_t kLaneBlock = 64;

// One pair of the sparse (or dense) operand with a value other than ±0.
struct Pair {
    std::uint32_t west = 0;  // offset of its west element for lane 0: kLaneBlock * (element of K)
    float value = 0;
};

// For every column x: acc[x*acc_pitch + l] += west[pair.west + l] * pair.value for its pairs in order, l <
// lanes. The product of two FP16 values is exact; the sum is rounded to nearest even. NaN stays some NaN.
//   pairs:  [column][max_pairs], counts[x] of them valid
//   west:   [element of K][kLaneBlock]
//   lanes:  1..kLaneBlock; lanes up to the next 16, 32 or 64 may be overwritten
void accumulate_block(const Pair* pairs, const std::int32_t* counts, std::int64_t columns,
                      std::int64_t max_pairs, const float* west, std::int64_t lanes, float* acc,
                      std::int64_t acc_pitch);

// Baseline: what every processor of the build's architecture has. Best (the default): AVX2 where there is.
// Both give the same bits; a test sets Baseline to show it. Not while another thread computes.
enum class VectorSupport { Baseline, Best };
void set_vector_support(VectorSupport support);

}  // namespace satsim::functional
