// The arithmetic of USPE and vector lane against runtime/numerics and runtime/vector, one pair a cycle
// through the full pipelines, in every latency that a unit can be built with.
#include <Vfp_bench.h>
#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <random>
#include <utility>
#include <vector>

#include "runtime/numerics/accumulate.hpp"
#include "runtime/vector/arithmetic.hpp"
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

// An output of the bench that shows a unit's result, so many cycles after the operands.
struct Output {
    std::size_t latency;
    std::function<std::uint32_t(const Vfp_bench&)> read;
};

// Feeds a pair a cycle into one unit and compares what comes out of each of its variants, which differ in
// latency.
template <typename Pair>
class Pipeline {
  public:
    using Drive = void (*)(Vfp_bench& bench, Pair a, Pair b);
    using Expect = std::uint32_t (*)(Pair a, Pair b);
    // Its registers start from random values: until the pipeline is full, nothing of it is compared.
    Pipeline(Drive drive, Expect expect, std::vector<Output> outputs)
        : bench_(randomised(context_)), drive_(drive), expect_(expect), outputs_(std::move(outputs)) {}

    void push(Pair a, Pair b) {
        for (const Output& output : outputs_) {
            if (count_ >= output.latency) check(output);
        }
        under_way_[count_ % kDeepest] = {a, b, expect_(a, b)};
        drive_(bench_, a, b);
        bench_.clk_i = 0;
        bench_.eval();
        bench_.clk_i = 1;
        bench_.eval();
        ++count_;
    }
    void flush() {
        for (std::size_t i = 0; i < kDeepest; ++i) push(0, 0);
    }
    [[nodiscard]] std::uint64_t wrong() const { return wrong_; }

  private:
    static constexpr std::size_t kDeepest = 32;
    struct Item {
        Pair a, b;
        std::uint32_t expected;
    };

    void check(const Output& output) {
        const auto [a, b, expected] = under_way_[(count_ - output.latency) % kDeepest];
        const std::uint32_t found = output.read(bench_);
        if (found == expected) return;
        if (++wrong_ <= 5) {
            ADD_FAILURE() << std::hex << a << " and " << b << " give " << found << ", expected " << expected
                          << std::dec << " (latency " << output.latency << ")";
        }
    }

    VerilatedContext context_;
    Vfp_bench bench_;
    sim::rtl::CoverageFile coverage_{context_};
    Drive drive_;
    Expect expect_;
    std::vector<Output> outputs_;
    std::array<Item, kDeepest> under_way_{};
    std::size_t count_ = 0;
    std::uint64_t wrong_ = 0;
};

// The words of a port that shows a unit in every latency: word i has latency `first` + i.
template <typename Word>
std::vector<Output> words(std::size_t first, std::size_t count, Word word) {
    std::vector<Output> outputs;
    for (std::size_t i = 0; i < count; ++i)
        outputs.push_back({first + i, [=](const Vfp_bench& bench) { return word(bench, i); }});
    return outputs;
}

// The product that fp16_mul's outputs stand for, in FP32; a word that is no canonical value where they are
// not in its form.
std::uint32_t product_of(std::uint32_t fields) {
    const std::uint32_t significand = fields & 0x3FFFFFU;
    const std::uint32_t exponent = fields >> 22 & 0xFFU;
    if ((fields >> 30 & 1U) != 0) return exponent == 255 ? 0x7FC00000U : 0xFFFFFFFFU;
    const std::uint32_t sign = fields & 0x80000000U;
    if (exponent == 255) return sign | 0x7F800000U;
    if (significand == 0) return exponent == 0 ? sign : 0xFFFFFFFFU;
    if (exponent == 0 || significand < 1U << 20) return 0xFFFFFFFFU;
    const float magnitude = std::ldexp(static_cast<float>(significand), static_cast<int>(exponent) - 147);
    return sign | std::bit_cast<std::uint32_t>(magnitude);
}

std::uint32_t exact_product(std::uint16_t a, std::uint16_t b) {
    return std::bit_cast<std::uint32_t>(numerics::mul_exact({a}, {b}));
}
std::uint32_t rounded_sum(std::uint32_t a, std::uint32_t b) {
    return std::bit_cast<std::uint32_t>(numerics::add_rne(std::bit_cast<float>(a), std::bit_cast<float>(b)));
}

void drive_factors(Vfp_bench& bench, std::uint16_t a, std::uint16_t b) {
    bench.mul_a_i = a;
    bench.mul_b_i = b;
}

Pipeline<std::uint16_t> multiplier() {
    return {drive_factors, exact_product,
            words(1, 3, [](const Vfp_bench& bench, std::size_t i) { return product_of(bench.mul_o[i]); })};
}

// The multiplier of a USPE: a pair whose value, the second factor, is a zero adds -0.
std::uint32_t skipped_product(std::uint16_t a, std::uint16_t b) {
    return (b & 0x7FFFU) == 0 ? 0x80000000U : exact_product(a, b);
}
Pipeline<std::uint16_t> skipping_multiplier() {
    return {drive_factors, skipped_product,
            words(1, 3, [](const Vfp_bench& bench, std::size_t i) { return product_of(bench.skip_o[i]); })};
}

// A MAC of a USPE: the factors are the halves of the first operand, the augend is the second.
Pipeline<std::uint32_t> accumulator() {
    return {[](Vfp_bench& bench, std::uint32_t factors, std::uint32_t augend) {
                drive_factors(bench, static_cast<std::uint16_t>(factors),
                              static_cast<std::uint16_t>(factors >> 16));
                bench.mac_i = augend;
            },
            [](std::uint32_t factors, std::uint32_t augend) {
                return rounded_sum(augend, skipped_product(static_cast<std::uint16_t>(factors),
                                                           static_cast<std::uint16_t>(factors >> 16)));
            },
            words(5, 5, [](const Vfp_bench& bench, std::size_t i) { return bench.mac_o[i]; })};
}

Pipeline<std::uint32_t> adder() {
    return {[](Vfp_bench& bench, std::uint32_t a, std::uint32_t b) {
                bench.add_a_i = a;
                bench.add_b_i = b;
            },
            rounded_sum, words(2, 5, [](const Vfp_bench& bench, std::size_t i) { return bench.add_o[i]; })};
}

constexpr std::size_t kFp32MulLatency = 5;
constexpr std::size_t kFp32DivSqrtLatency = 28;

Pipeline<std::uint32_t> factors() {
    return {[](Vfp_bench& bench, std::uint32_t a, std::uint32_t b) {
                bench.product_a_i = a;
                bench.product_b_i = b;
            },
            [](std::uint32_t a, std::uint32_t b) {
                return std::bit_cast<std::uint32_t>(
                    vector::mul_rne(std::bit_cast<float>(a), std::bit_cast<float>(b)));
            },
            {{kFp32MulLatency, [](const Vfp_bench& bench) { return bench.product_o; }}}};
}

// Square roots are taken where the lowest bits of both operands differ.
bool is_root(std::uint32_t a, std::uint32_t b) {
    return ((a ^ b) & 1U) != 0;
}
Pipeline<std::uint32_t> ratio() {
    return {[](Vfp_bench& bench, std::uint32_t a, std::uint32_t b) {
                bench.ratio_valid_i = 1;
                bench.ratio_sqrt_i = is_root(a, b);
                bench.ratio_a_i = a;
                bench.ratio_b_i = b;
            },
            [](std::uint32_t a, std::uint32_t b) {
                const auto x = std::bit_cast<float>(a);
                return std::bit_cast<std::uint32_t>(
                    is_root(a, b) ? vector::sqrt_rne(x) : vector::div_rne(x, std::bit_cast<float>(b)));
            },
            {{kFp32DivSqrtLatency, [](const Vfp_bench& bench) { return bench.ratio_o; }}}};
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

TEST(Fp16Mul, ZeroOfTheSecondFactorSkips) {
    auto unit = skipping_multiplier();
    const auto values = special_halves();
    for (const std::uint16_t a : values) {
        for (const std::uint16_t b : values) unit.push(a, b);
    }
    unit.flush();
    EXPECT_EQ(unit.wrong(), 0U);
}

// Every pair of special factors, onto special sums and onto those that cancel or nearly cancel the product.
TEST(Mac, SpecialPairs) {
    auto unit = accumulator();
    const auto values = special_halves();
    for (const std::uint16_t a : values) {
        for (const std::uint16_t b : values) {
            const std::uint32_t factors = a | std::uint32_t{b} << 16;
            for (const std::uint32_t augend :
                 {0x00000000U, 0x7F800000U, 0x7F7FFFFFU, 0x00800000U, 0x3F800001U}) {
                unit.push(factors, augend);
                unit.push(factors, augend | 0x80000000U);
            }
            unit.push(factors, 0x7FC00000U);
            const std::uint32_t opposite = exact_product(a, b) ^ 0x80000000U;
            if ((opposite & 0x7F800000U) == 0 || (opposite & 0x7F800000U) == 0x7F800000U) continue;
            for (const std::uint32_t off :
                 {0U, 1U, 2U, 0xFFFFFFFFU, 0x00400000U, 0x00800000U, 0xFF800000U, 0x01000000U, 0xFF000000U})
                unit.push(factors, opposite + off);
        }
    }
    unit.flush();
    EXPECT_EQ(unit.wrong(), 0U);
}

TEST(Mac, RandomPairs) {
    auto unit = accumulator();
    std::mt19937_64 random(seed(6));
    for (std::uint64_t i = 0; i < pairs(); ++i) {
        const std::uint64_t r = random();
        auto factors = static_cast<std::uint32_t>(r);
        auto augend = static_cast<std::uint32_t>(r >> 32);
        if (i % 4 == 1) factors &= 0xFFFF83FFU;  // subnormals are rare otherwise
        if (i % 8 >= 6) factors &= 0x83FFFFFFU;
        const std::uint32_t product =
            exact_product(static_cast<std::uint16_t>(factors), static_cast<std::uint16_t>(factors >> 16));
        const std::uint32_t near = product >> 23 & 0xFFU;
        if (i % 3 == 0 && near != 0 && near != 255) {  // exponents within reach of each other
            augend = (augend & 0x807FFFFFU) | (near - 32 + (augend >> 23 & 63)) << 23;
        } else if (i % 3 == 1 && near != 0 &&
                   near != 255) {  // cancellation, to a few units or across an exponent
            const std::uint32_t off = (augend & 15) - 8;
            const std::uint32_t exponents = ((augend >> 4 & 3) - 1) << 23;
            augend = (product ^ 0x80000000U) + off + exponents;
        }
        unit.push(factors, std::bit_cast<std::uint32_t>(numerics::canonical(std::bit_cast<float>(augend))));
    }
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
