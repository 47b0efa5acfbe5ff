// Vector programs, as the runtime emits them, on the functional executor, the SystemC model and the verilated
// RTL: the same bits in memory and every operation of every engine in the same cycles.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "runtime/schedule/emit_vector.hpp"
#include "runtime/support/error.hpp"
#include "runtime/vector/vector_engine.hpp"
#include "sim/cycle/cycle_sat.hpp"
#include "sim/rtl/rtl_sat.hpp"
#include "tests/unit/vector/vector_case.hpp"

namespace satsim {
namespace {

using schedule::VectorKernel;
using schedule::VectorProblem;

constexpr Cycles kCycleLimit = 2'000'000;

// SATSIM_COSIM_ROUNDS programs of each kind on each array; SATSIM_COSIM_SEED overrides the fixed seed.
std::uint64_t environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Random {
  public:
    explicit Random(std::uint64_t seed) : rng_(seed) {}
    std::int64_t in(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(rng_);
    }
    bool one_in(std::int64_t n) { return in(1, n) == 1; }

  private:
    std::mt19937_64 rng_;
};

bool is_update(VectorKernel kernel) {
    return kernel == VectorKernel::Sgd || kernel == VectorKernel::Adam || kernel == VectorKernel::AdamW;
}

VectorProblem random_problem(VectorKernel kernel, const isa::ArrayConfig& array, Random& random) {
    VectorProblem p;
    p.layer = "test";
    p.kernel = kernel;
    const auto pattern = [&] {
        const int m = 4 << random.in(0, array.max_m == 16 ? 2 : 1);
        return NmPattern{random.one_in(4) ? m : static_cast<int>(random.in(1, m)), m};
    };
    if (is_update(kernel) || kernel == VectorKernel::Prune) {
        p.rows = random.in(1, 100);
        p.columns = random.in(1, 120);
        p.taps = random.in(1, 3);
        if (!random.one_in(4)) p.pack_ff = pattern();
        if (!random.one_in(4) || (kernel == VectorKernel::Prune && !p.pack_ff)) p.pack_bp = pattern();
    } else {
        p.rows = random.in(1, 300);
        p.columns = 4 * random.in(1, 40);
    }
    if (kernel == VectorKernel::ZeroFill) p.rows = 1;
    p.relu = random.one_in(2);
    p.hyper.loss_scale = 8.0F;
    p.hyper.weight_decay = 1e-2F;
    if (random.one_in(2)) p.hyper.sr_ste_decay = 2e-2F;
    p.hyper.step = static_cast<int>(random.in(1, 100));
    return p;
}

// Four operands, three results and two dense copies need not fit the small vector memory.
bool fits(const VectorProblem& problem, const isa::ArrayConfig& array) {
    try {
        (void)schedule::emit_vector_program(problem, array);
        return true;
    } catch (const InputError&) {
        return false;
    }
}

void expect_same_cycles(const Execution& modelled, const Execution& verilated) {
    EXPECT_EQ(modelled.start, verilated.start);
    EXPECT_EQ(modelled.end, verilated.end);
    for (std::size_t engine = 0; engine < isa::kEngines; ++engine) {
        const auto& ours = modelled.operations[engine];
        const auto& theirs = verilated.operations[engine];
        ASSERT_EQ(ours.size(), theirs.size()) << isa::kEngineNames[engine];
        for (std::size_t i = 0; i < ours.size(); ++i) {
            SCOPED_TRACE(std::string(isa::kEngineNames[engine]) + " operation " + std::to_string(i));
            ASSERT_EQ(ours[i].start, theirs[i].start);
            ASSERT_EQ(ours[i].release, theirs[i].release);
            ASSERT_EQ(ours[i].end, theirs[i].end);
        }
    }
    EXPECT_EQ(modelled.memory, verilated.memory);
}

class VectorCosimTest : public testing::TestWithParam<int> {};

TEST_P(VectorCosimTest, SameBitsAndSameCycles) {
    const auto kernel = static_cast<VectorKernel>(GetParam());
    const std::uint64_t rounds = environment("SATSIM_COSIM_ROUNDS", 12);
    cycle::CycleSat cycle;
    std::int64_t operations = 0;
    for (const isa::ArrayConfig& array : sim::rtl::built_configurations()) {
        Random random(environment("SATSIM_COSIM_SEED", 7));
        sim::rtl::RtlSat rtl(array);
        for (std::uint64_t round = 0; round < rounds; ++round) {
            VectorProblem problem = random_problem(kernel, array, random);
            while (!fits(problem, array)) problem = random_problem(kernel, array, random);
            const auto data_seed = static_cast<unsigned>(random.in(1, 1'000'000));
            SCOPED_TRACE(std::to_string(array.rows) + "x" + std::to_string(array.columns) + ", round " +
                         std::to_string(round) + ": " + std::to_string(problem.taps) + " x " +
                         std::to_string(problem.rows) + " x " + std::to_string(problem.columns));
            dram::MemoryConfig memory;
            memory.channels = array.channels;
            memory.kind = round % 4 == 3 ? dram::MemoryKind::Ideal : dram::MemoryKind::Ddr4;
            memory.stall_seed = round % 2 == 0 ? 0 : static_cast<std::uint64_t>(random.in(1, 1'000'000));

            test::VectorCase functional(problem, array, data_seed);
            functional.run();

            const isa::Program program = functional.program();
            cycle::RunOptions options;
            options.memory = memory;
            options.record_operations = true;
            options.cycle_limit = kCycleLimit;
            const Execution modelled = cycle.run(program, options);

            test::VectorCase data(problem, array, data_seed);
            rtl.set_seed(static_cast<int>(round) + 1);
            const Execution verilated = rtl.run(program, data.memory(), memory, kCycleLimit);
            ASSERT_EQ(MemoryImage::first_difference(functional.memory(), data.memory()), -1);
            expect_same_cycles(modelled, verilated);
            if (testing::Test::HasFailure()) return;
            operations += static_cast<std::int64_t>(
                verilated.operations[static_cast<std::size_t>(isa::Engine::Vec)].size());
        }
    }
    RecordProperty("vec_operations", static_cast<int>(operations));
    EXPECT_GE(operations, kernel == VectorKernel::ZeroFill ? 0 : static_cast<std::int64_t>(rounds));
}

constexpr std::array<const char*, 14> kNames{"Relu",          "ReluGrad",
                                             "Add",           "Bias",
                                             "BiasGrad",      "NormStatistics",
                                             "NormApply",     "NormGradStatistics",
                                             "NormGradApply", "Sgd",
                                             "Adam",          "AdamW",
                                             "Prune",         "ZeroFill"};
static_assert(static_cast<std::size_t>(VectorKernel::ZeroFill) + 1 == kNames.size());

INSTANTIATE_TEST_SUITE_P(EmittedPrograms, VectorCosimTest,
                         testing::Range(0, static_cast<int>(VectorKernel::ZeroFill) + 1),
                         [](const auto& instance) {
                             return std::string(kNames[static_cast<std::size_t>(instance.param)]);
                         });

}  // namespace
}  // namespace satsim
