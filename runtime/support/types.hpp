// The small value types that the whole project shares. Header-only, no dependencies.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace satsim {

// Counts of kernel-clock cycles, bytes and multiply-accumulates. 64 bits: a ResNet-50 step at batch 512 is
// 10^10 cycles.
using Cycles = std::int64_t;
using Bytes = std::int64_t;
using Macs = std::int64_t;

// Sizes of C[m,n] = sum_k A[m,k] * B[k,n]; elements, not bytes.
struct GemmShape {
    std::int64_t m = 0;
    std::int64_t n = 0;
    std::int64_t k = 0;
    auto operator<=>(const GemmShape&) const = default;
};

// At most n non-zeros in every m consecutive elements along a GEMM's reduction dimension; n == m means dense.
struct NmPattern {
    int n = 1;
    int m = 1;
    auto operator<=>(const NmPattern&) const = default;
    [[nodiscard]] bool dense() const { return n == m; }
};

// The three GEMMs of a trained layer: forward, backward (gradient of the input), weight update (gradient of
// the weight).
enum class Stage { FF, BP, WU };

[[nodiscard]] constexpr const char* to_string(Stage stage) {
    switch (stage) {
        case Stage::FF:
            return "FF";
        case Stage::BP:
            return "BP";
        case Stage::WU:
            return "WU";
    }
    return "?";
}

[[nodiscard]] inline std::string to_string(const NmPattern& nm) {
    return nm.dense() ? std::string("dense") : std::to_string(nm.n) + ":" + std::to_string(nm.m);
}

template <typename T>
[[nodiscard]] constexpr T ceil_div(T a, T b) {
    return (a + b - 1) / b;
}

template <typename T>
[[nodiscard]] constexpr T round_up(T a, T b) {
    return ceil_div(a, b) * b;
}

}  // namespace satsim
