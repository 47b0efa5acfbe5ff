// The arithmetic of USPE and vector lane against runtime/numerics and runtime/vector, one pair a cycle
// through the full pipelines.
#include <Vfp_bench.h>
#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <bit>
#include <cstdlib>
#include <random>

#include "runtime/numerics/accumulate.hpp"
#include "runtime/vector/arithmetic.hpp"
#include "sat_isa.hpp"
#include "sim/rtl/coverage.hpp"
#include "tests/unit/rtl/fp_values.hpp"

namespace satsim {
namespace {

using rtl_bench::RandomPairs;
using rtl_bench::special_floats;
using rtl_bench::special_halves;

std::uint64_t environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::uint64_t pairs() {
    return environment("SATSIM_RTL_PAIRS", 2'000'000);
}
std::uint64_t seed(std::uint64_t otherwise) {
    return environment("SATSIM_RTL_SEED", otherwise);
}

VerilatedContext* randomised(VerilatedContext& context) {
    context.randReset(2);
    context.randSeed(static_cast<int>(seed(1)));
    return &context;
}

// Feeds a pair into one unit and compares what comes out `Latency` cycles later.
template <typename Pair, int Latency, typename Drive, typename Read, typename Expect>
class Pipeline {
  public:
    // Its registers start from random values: until the pipeline is full, nothing of it is compared.
    Pipeline(Drive drive, Read read, Expect expect)
        : bench_(randomised(context_)), drive_(drive), read_(read), expect_(expect) {}

    void push(Pair a, Pair b) {
        const std::size_t slot = count_ % Latency;
        if (count_ >= Latency) check(slot);
        under_way_[slot] = {a, b};
        drive_(bench_, a, b);
        bench_.clk_i = 0;
        bench_.eval();
        bench_.clk_i = 1;
        bench_.eval();
        ++count_;
    }
    void flush() {
        for (int i = 0; i < Latency; ++i) push(0, 0);
    }
    [[nodiscard]] std::uint64_t wrong() const { return wrong_; }

  private:
    void check(std::size_t slot) {
        const auto [a, b] = under_way_[slot];
        const std::uint32_t expected = expect_(a, b);
        const std::uint32_t found = read_(bench_);
        if (found == expected) return;
        if (++wrong_ <= 5) {
            ADD_FAILURE() << std::hex << a << " and " << b << " give " << found << ", expected " << expected;
        }
    }

    VerilatedContext context_;
    Vfp_bench bench_;
    sim::rtl::CoverageFile coverage_{context_};
    Drive drive_;
    Read read_;
    Expect expect_;
    std::array<std::array<Pair, 2>, Latency> under_way_{};
    std::size_t count_ = 0;
    std::uint64_t wrong_ = 0;
};

auto multiplier() {
    const auto drive = [](Vfp_bench& bench, std::uint16_t a, std::uint16_t b) {
        bench.mul_a_i = a;
        bench.mul_b_i = b;
    };
    const auto read = [](const Vfp_bench& bench) { return bench.mul_o; };
    const auto expect = [](std::uint16_t a, std::uint16_t b) {
        return std::bit_cast<std::uint32_t>(numerics::mul_exact({a}, {b}));
    };
    return Pipeline<std::uint16_t, isa::timing::kMulLatency, decltype(drive), decltype(read),
                    decltype(expect)>(drive, read, expect);
}

auto adder() {
    const auto drive = [](Vfp_bench& bench, std::uint32_t a, std::uint32_t b) {
        bench.add_a_i = a;
        bench.add_b_i = b;
    };
    const auto read = [](const Vfp_bench& bench) { return bench.add_o; };
    const auto expect = [](std::uint32_t a, std::uint32_t b) {
        return std::bit_cast<std::uint32_t>(
            numerics::add_rne(std::bit_cast<float>(a), std::bit_cast<float>(b)));
    };
    return Pipeline<std::uint32_t, isa::timing::kAddLatency, decltype(drive), decltype(read),
                    decltype(expect)>(drive, read, expect);
}

constexpr int kFp32MulLatency = 5;
constexpr int kFp32DivSqrtLatency = 28;

auto factors() {
    const auto drive = [](Vfp_bench& bench, std::uint32_t a, std::uint32_t b) {
        bench.product_a_i = a;
        bench.product_b_i = b;
    };
    const auto read = [](const Vfp_bench& bench) { return bench.product_o; };
    const auto expect = [](std::uint32_t a, std::uint32_t b) {
        return std::bit_cast<std::uint32_t>(
            vector::mul_rne(std::bit_cast<float>(a), std::bit_cast<float>(b)));
    };
    return Pipeline<std::uint32_t, kFp32MulLatency, decltype(drive), decltype(read), decltype(expect)>(
        drive, read, expect);
}

// Square roots are taken where the lowest bits of both operands differ.
auto ratio() {
    const auto is_root = [](std::uint32_t a, std::uint32_t b) { return ((a ^ b) & 1U) != 0; };
    const auto drive = [is_root](Vfp_bench& bench, std::uint32_t a, std::uint32_t b) {
        bench.ratio_valid_i = 1;
        bench.ratio_sqrt_i = is_root(a, b);
        bench.ratio_a_i = a;
        bench.ratio_b_i = b;
    };
    const auto read = [](const Vfp_bench& bench) { return bench.ratio_o; };
    const auto expect = [is_root](std::uint32_t a, std::uint32_t b) {
        const auto x = std::bit_cast<float>(a);
        return std::bit_cast<std::uint32_t>(is_root(a, b) ? vector::sqrt_rne(x)
                                                          : vector::div_rne(x, std::bit_cast<float>(b)));
    };
    return Pipeline<std::uint32_t, kFp32DivSqrtLatency, decltype(drive), decltype(read), decltype(expect)>(
        drive, read, expect);
}

// SATSIM_RTL_PAIRS pairs, one a cycle.
template <typename Unit, typename Make>
void random_pairs(Unit&& unit, std::uint64_t with_seed, Make make) {
    RandomPairs random(with_seed);
    for (std::uint64_t i = 0; i < pairs(); ++i) {
        const auto [a, b] = (random.*make)();
        unit.push(a, b);
    }
    unit.flush();
    EXPECT_EQ(unit.wrong(), 0U);
}

TEST(Fp16Mul, SpecialPairs) {
    auto unit = multiplier();
    const auto values = special_halves();
    for (const std::uint16_t a : values) {
        for (const std::uint16_t b : values) unit.push(a, b);
    }
    unit.flush();
    EXPECT_EQ(unit.wrong(), 0U);
}

TEST(Fp16Mul, RandomPairs) {
    random_pairs(multiplier(), seed(1), &RandomPairs::halves);
}

// 2^32 pairs, about a quarter of an hour: by SATSIM_RTL_EXHAUSTIVE=1.
TEST(Fp16Mul, AllPairs) {
    if (environment("SATSIM_RTL_EXHAUSTIVE", 0) == 0) GTEST_SKIP() << "set SATSIM_RTL_EXHAUSTIVE=1";
    auto unit = multiplier();
    for (std::uint64_t ab = 0; ab >> 32 == 0; ++ab)
        unit.push(static_cast<std::uint16_t>(ab >> 16), static_cast<std::uint16_t>(ab));
    unit.flush();
    EXPECT_EQ(unit.wrong(), 0U);
}

TEST(Fp32Add, SpecialPairs) {
    auto unit = adder();
    const auto values = special_floats();
    for (const std::uint32_t a : values) {
        for (const std::uint32_t b : values) unit.push(a, b);
    }
    unit.flush();
    EXPECT_EQ(unit.wrong(), 0U);
}

TEST(Fp32Add, RandomPairs) {
    random_pairs(adder(), seed(2), &RandomPairs::summands);
}

TEST(Fp32Mul, SpecialPairs) {
    auto unit = factors();
    const auto values = special_floats();
    for (const std::uint32_t a : values) {
        for (const std::uint32_t b : values) unit.push(a, b);
    }
    unit.flush();
    EXPECT_EQ(unit.wrong(), 0U);
}

TEST(Fp32Mul, RandomPairs) {
    random_pairs(factors(), seed(4), &RandomPairs::factors);
}

// All products just below 2^-126 of pairs of significands around one and two.
TEST(Fp32Mul, RoundsAtTheSubnormalPositionBeforeTheFlush) {
    auto unit = factors();
    for (std::uint32_t a = 0; a < 64; ++a) {
        for (std::uint32_t b = 0; b < 64; ++b) {
            for (const std::uint32_t exponent : {62U, 63U, 64U, 65U}) {
                unit.push((exponent << 23) - a, (63U << 23) + b);
                unit.push((exponent << 23) - a, (64U << 23) - b);
            }
        }
    }
    unit.flush();
    EXPECT_EQ(unit.wrong(), 0U);
}

TEST(Fp32DivSqrt, SpecialPairs) {
    auto unit = ratio();
    const auto values = special_floats();
    for (const std::uint32_t a : values) {
        for (const std::uint32_t b : values) unit.push(a, b);
        unit.push(a, a ^ 1U);
    }
    unit.flush();
    EXPECT_EQ(unit.wrong(), 0U);
}

TEST(Fp32DivSqrt, RandomPairs) {
    random_pairs(ratio(), seed(5), &RandomPairs::ratio);
}

// The quotient of the largest significand and one lies on the tie below 2^-126.
TEST(Fp32DivSqrt, RoundsAtTheSubnormalPositionBeforeTheFlush) {
    auto unit = ratio();
    for (std::uint32_t a = 0; a < 64; ++a) {
        for (std::uint32_t b = 0; b < 64; ++b) {
            for (const std::uint32_t exponent : {1U, 2U, 3U})
                unit.push((exponent << 23) - a, (128U << 23) + (b - (b & 1U) + (a & 1U)));
        }
    }
    unit.flush();
    EXPECT_EQ(unit.wrong(), 0U);
}

TEST(Fp16ToFp32, AllValues) {
    VerilatedContext context;
    Vfp_bench bench(randomised(context));
    const sim::rtl::CoverageFile coverage(context);
    bench.clk_i = 0;
    std::uint64_t wrong = 0;
    for (std::uint32_t x = 0; x < 0x10000U; ++x) {
        bench.widen_i = static_cast<std::uint16_t>(x);
        bench.eval();
        const float expected = numerics::to_float(Fp16{static_cast<std::uint16_t>(x)});
        if (bench.widen_o != std::bit_cast<std::uint32_t>(expected) && ++wrong <= 5)
            ADD_FAILURE() << std::hex << x << " gives " << bench.widen_o;
    }
    EXPECT_EQ(wrong, 0U);
}

TEST(Fp32ToFp16, BoundariesAndRandomValues) {
    VerilatedContext context;
    Vfp_bench bench(randomised(context));
    const sim::rtl::CoverageFile coverage(context);
    std::uint64_t wrong = 0;
    const auto check = [&](std::uint32_t x) {
        bench.convert_i = x;
        bench.eval();
        const std::uint16_t expected = numerics::to_fp16(std::bit_cast<float>(x)).bits;
        if (bench.convert_o != expected && ++wrong <= 5)
            ADD_FAILURE() << std::hex << x << " gives " << bench.convert_o << ", expected " << expected;
    };
    bench.clk_i = 0;
    // Every exponent, every kept bit pattern of ten, with all roundings of the rest.
    for (std::uint32_t exponent = 0; exponent < 256; ++exponent) {
        for (std::uint32_t kept = 0; kept < 1024; ++kept) {
            for (const std::uint32_t rest : {0x0000U, 0x0001U, 0x0FFFU, 0x1000U, 0x1001U, 0x1FFFU})
                check(exponent << 23 | kept << 13 | rest),
                    check(1U << 31 | exponent << 23 | kept << 13 | rest);
        }
    }
    std::mt19937_64 random(seed(3));
    for (std::uint64_t i = 0; i < pairs(); ++i) {
        const auto x = static_cast<std::uint32_t>(random());
        check(i % 2 == 0 ? x : (x & 0x807FFFFFU) | (100 + (x >> 23) % 45) << 23);
    }
    EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace satsim
