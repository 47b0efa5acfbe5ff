// The contract, tried: one program binary on the functional executor, the SystemC model and the verilated
// RTL. Memory must be equal bit for bit and every operation of every engine must start, release and end in
// the same cycle. `satsim verify` runs the same cases in any number.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

#include "sim/verify/campaign.hpp"
#include "sim/verify/engines.hpp"
#include "sim/verify/random.hpp"

namespace satsim::verify {
namespace {

// SATSIM_COSIM_ROUNDS programs of each kind on each array; the seed is fixed so that CI is repeatable,
// SATSIM_COSIM_SEED overrides it.
std::uint64_t environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// The 32x32 core needs more than a second for a program: one of each kind.
std::uint64_t rounds_on(const isa::ArrayConfig& array) {
    return array == isa::ArrayConfig{} ? 1 : environment("SATSIM_COSIM_ROUNDS", 8);
}

Engines& engines() {
    static Engines all;
    return all;
}

class CosimTest : public testing::TestWithParam<Target> {};

TEST_P(CosimTest, SameBitsAndSameCycles) {
    const auto& [kind, array] = GetParam();
    const std::uint64_t seed = environment("SATSIM_COSIM_SEED", 7);
    const std::uint64_t rounds = rounds_on(array);
    std::int64_t operations = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        const Case c = draw_case(kind, array, mixed_seed(seed, round)).found;
        const Subject subject = subject_of(c);
        const Comparison comparison = engines().run(subject);
        ASSERT_TRUE(comparison.equal()) << "round " << round << ": " << describe(c) << "\n"
                                        << report(comparison, subject.program);
        operations += comparison.operations;
    }
    RecordProperty("operations", static_cast<int>(operations));
    EXPECT_GE(operations, static_cast<std::int64_t>(rounds));
}

std::string name_of(const testing::TestParamInfo<Target>& instance) {
    std::string name = array_name(instance.param.array) + "_" + instance.param.kind.name;
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return name;
}
INSTANTIATE_TEST_SUITE_P(Programs, CosimTest,
                         testing::ValuesIn(targets_of(all_kinds(), sim::rtl::built_configurations())),
                         name_of);

// Weight-stationary programs whose last tile has fewer panels than the others: tokens of the result buffer
// that stood for other panels than those that were free let a sum be overwritten before it was stored.
TEST(CosimRegression, NarrowLastTileOfWeightStationary) {
    for (const Kind& kind : all_kinds()) {
        if (kind.name != "ws-1:8-matrix") continue;
        for (const std::uint64_t number : {17U, 31U, 139U, 169U}) {
            const Case c = draw_case(kind, sim::rtl::thin_slice(), mixed_seed(1, number)).found;
            EXPECT_TRUE(engines().run(subject_of(c)).equal()) << describe(c);
        }
    }
}

// After one cycle of reset what VEC had before it must not be reported: from these contents of all registers
// it was, with no operation of VEC in the program.
TEST(CosimEightByEight, ReportsNothingFromBeforeTheReset) {
    for (const Kind& kind : all_kinds()) {
        if (kind.name != "os-4:8-conv") continue;
        Case c = draw_case(kind, sim::rtl::eight_by_eight(), mixed_seed(20261129, 3531)).found;
        for (const int seed : {433404, 1, 2, 3}) {
            c.rtl_seed = seed;
            EXPECT_TRUE(engines().run(subject_of(c)).equal()) << describe(c);
        }
    }
}

// Some cases overflow (GemmCase::add_extremes); both sides must say which (Comparison::counters).
TEST(CosimOverflow, IsReported) {
    int finite = 0;
    int nonfinite = 0;
    std::uint64_t seed = 100;  // kinds draw alike from the same seed
    for (const Target& target : targets_of(all_kinds(), {sim::rtl::thin_slice()})) {
        ++seed;
        for (const std::uint64_t number : {1U, 2U, 3U, 4U}) {
            const Case c = draw_case(target.kind, target.array, mixed_seed(seed, number)).found;
            const Comparison comparison = engines().run(subject_of(c));
            EXPECT_TRUE(comparison.equal()) << describe(c);
            ++(comparison.nonfinite ? nonfinite : finite);
        }
    }
    EXPECT_GE(finite, 50);
    EXPECT_GE(nonfinite, 3);
}

// A comparison that cannot fail proves nothing: every case must fail when the RTL's memory is slower, and
// when one bit of the data differs.
TEST(CosimFault, IsNoticed) {
    Engines slower(Fault::Memory);
    Engines flipped(Fault::Data);
    for (const Target& target : targets_of(all_kinds(), {sim::rtl::thin_slice()})) {
        const Case c = draw_case(target.kind, target.array, 3).found;
        EXPECT_GT(slower.run(c).cycles, 0) << describe(c);
        EXPECT_EQ(slower.run(c).bits, 0) << describe(c);
        EXPECT_GT(flipped.run(c).bits, 0) << describe(c);
        EXPECT_EQ(flipped.run(c).cycles, 0) << describe(c);
    }
}

}  // namespace
}  // namespace satsim::verify
