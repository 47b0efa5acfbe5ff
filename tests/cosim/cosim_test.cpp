// The contract, tried: one program binary on the functional executor, the SystemC model and the verilated
// RTL. Memory must be equal bit for bit and every operation of every engine must start, release and end in
// the same cycle.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <tuple>

#include "runtime/functional/functional_sat.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "runtime/support/error.hpp"
#include "sim/cycle/cycle_sat.hpp"
#include "sim/rtl/rtl_sat.hpp"
#include "tests/support/gemm_case.hpp"

namespace satsim {
namespace {

constexpr Cycles kCycleLimit = 2'000'000;

struct Array {
    const char* name;
    isa::ArrayConfig (*config)();
};

struct Variant {
    const char* name;
    Stage stage;
    NmPattern nm;
    bool matrix;
    schedule::Dataflow dataflow;
};

MemoryImage copy(const MemoryImage& from) {
    MemoryImage to;
    for (const auto& [page, bytes] : from.pages()) to.write(page * MemoryImage::kPageBytes, *bytes);
    return to;
}

// SATSIM_COSIM_ROUNDS programs of each kind; the seed is fixed so that CI is repeatable, SATSIM_COSIM_SEED
// overrides it.
std::uint64_t environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Empty for the few tasks whose every program is longer than the small arrays' 1,024 instructions.
std::vector<schedule::GemmSchedule> schedules_of(const GemmTask& task, const schedule::MachineView& machine,
                                                 const schedule::ScheduleOptions& choice) {
    try {
        return schedule::candidate_schedules(task, machine, choice, 100);
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("every program is longer"), std::string::npos)
            << error.what();
        return {};
    }
}

class CosimTest : public testing::TestWithParam<std::tuple<Array, Variant>> {};

TEST_P(CosimTest, SameBitsAndSameCycles) {
    const auto& [built, variant] = GetParam();
    const isa::ArrayConfig array = built.config();
    std::mt19937_64 rng(environment("SATSIM_COSIM_SEED", 7));
    const std::uint64_t rounds = environment("SATSIM_COSIM_ROUNDS", 60);
    sim::rtl::RtlSat rtl(array);
    cycle::CycleSat cycle;
    int programs = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        test::CaseOptions options;
        options.stage = variant.stage;
        options.nm = variant.nm;
        options.matrix = variant.matrix;
        options.max_channels = 34;
        options.max_columns = 40;
        options.max_grid = 5;
        schedule::MachineView machine;
        machine.array = array;
        machine.memory.channels = array.channels;
        machine.memory.kind = round % 4 == 3 ? dram::MemoryKind::Ideal : dram::MemoryKind::Ddr4;
        machine.memory.stall_seed = round % 2 == 0 ? 0 : rng();
        schedule::ScheduleOptions choice;
        choice.interleave = round % 5 != 4;
        choice.dataflow = variant.dataflow == schedule::Dataflow::WeightStationary
                              ? schedule::ScheduleOptions::DataflowChoice::WeightStationary
                              : schedule::ScheduleOptions::DataflowChoice::OutputStationary;
        const GemmTask task = test::random_task(rng, options);
        const test::GemmCase data(task, array, rng);
        const auto schedules = schedules_of(task, machine, choice);
        if (schedules.empty()) continue;
        const schedule::GemmSchedule& chosen = schedules[rng() % schedules.size()];
        ASSERT_EQ(chosen.dataflow, variant.dataflow);
        SCOPED_TRACE("round " + std::to_string(round) + ": " + std::to_string(task.shape.m) + "x" +
                     std::to_string(task.shape.n) + "x" + std::to_string(task.shape.k) + " " +
                     chosen.tile_text());
        const isa::Program program = schedule::emit_gemm(task, chosen, machine);

        MemoryImage functional_memory = copy(data.memory());
        FunctionalSat functional(array);
        functional.run(program, functional_memory);
        ASSERT_EQ(data.compare(functional_memory), "");

        cycle::RunOptions run;
        run.memory = machine.memory;
        run.record_operations = true;
        run.cycle_limit = kCycleLimit;
        const Execution modelled = cycle.run(program, run);

        MemoryImage rtl_memory = copy(data.memory());
        rtl.set_seed(static_cast<int>(round) + 1);
        const Execution verilated = rtl.run(program, rtl_memory, machine.memory, kCycleLimit);
        ASSERT_EQ(data.compare(rtl_memory), "");

        EXPECT_EQ(modelled.start, verilated.start);
        EXPECT_EQ(modelled.end, verilated.end);
        for (int engine = 0; engine < isa::kEngines; ++engine) {
            const auto& ours = modelled.operations[static_cast<std::size_t>(engine)];
            const auto& theirs = verilated.operations[static_cast<std::size_t>(engine)];
            ASSERT_EQ(ours.size(), theirs.size()) << isa::kEngineNames[static_cast<std::size_t>(engine)];
            for (std::size_t i = 0; i < ours.size(); ++i) {
                ASSERT_EQ(ours[i].start, theirs[i].start)
                    << isa::kEngineNames[static_cast<std::size_t>(engine)] << " operation " << i << ", start";
                ASSERT_EQ(ours[i].release, theirs[i].release)
                    << isa::kEngineNames[static_cast<std::size_t>(engine)] << " operation " << i
                    << ", release";
                ASSERT_EQ(ours[i].end, theirs[i].end)
                    << isa::kEngineNames[static_cast<std::size_t>(engine)] << " operation " << i << ", end";
            }
        }
        EXPECT_EQ(modelled.memory, verilated.memory);
        ++programs;
    }
    RecordProperty("programs", programs);
    EXPECT_GE(programs, static_cast<int>(rounds - rounds / 20));
}

constexpr auto kOs = schedule::Dataflow::OutputStationary;
constexpr auto kWs = schedule::Dataflow::WeightStationary;
constexpr Array k4x4{"Array4x4", sim::rtl::thin_slice};
constexpr Array k8x8{"Array8x8", sim::rtl::eight_by_eight};
constexpr Array k4x16{"Array4x16", sim::rtl::four_by_sixteen};

// Runs on every array, without interleaving in every fifth round.
const auto kEverywhere = testing::Values(Variant{"OsDenseConvolution", Stage::FF, {8, 8}, false, kOs},
                                         Variant{"OsTwoOfEightConvolution", Stage::FF, {2, 8}, false, kOs},
                                         Variant{"OsTwoOfFourConvolution", Stage::BP, {2, 4}, false, kOs},
                                         Variant{"OsOneOfEightMatrix", Stage::FF, {1, 8}, true, kOs},
                                         Variant{"OsDenseMatrix", Stage::BP, {8, 8}, true, kOs},
                                         Variant{"OsWeightUpdate", Stage::WU, {8, 8}, false, kOs},
                                         Variant{"OsWeightUpdateMatrix", Stage::WU, {8, 8}, true, kOs},
                                         Variant{"WsDenseConvolution", Stage::FF, {8, 8}, false, kWs},
                                         Variant{"WsDenseMatrix", Stage::BP, {8, 8}, true, kWs},
                                         Variant{"WsTwoOfFourConvolution", Stage::FF, {2, 4}, false, kWs},
                                         Variant{"WsTwoOfEightConvolution", Stage::BP, {2, 8}, false, kWs},
                                         Variant{"WsOneOfEightMatrix", Stage::FF, {1, 8}, true, kWs},
                                         Variant{"WsFourOfEightConvolution", Stage::FF, {4, 8}, false, kWs},
                                         Variant{"WsOneOfFourMatrix", Stage::BP, {1, 4}, true, kWs});
// M = 16 needs the array built for it.
const auto kGroupsOfSixteen =
    testing::Values(Variant{"WsTwoOfSixteenConvolution", Stage::FF, {2, 16}, false, kWs},
                    Variant{"OsFourOfSixteenMatrix", Stage::FF, {4, 16}, true, kOs});
std::string name_of(const testing::TestParamInfo<CosimTest::ParamType>& instance) {
    return std::string(std::get<0>(instance.param).name) + std::get<1>(instance.param).name;
}
INSTANTIATE_TEST_SUITE_P(Everywhere, CosimTest,
                         testing::Combine(testing::Values(k4x4, k8x8, k4x16), kEverywhere), name_of);
INSTANTIATE_TEST_SUITE_P(GroupsOfSixteen, CosimTest,
                         testing::Combine(testing::Values(k4x16), kGroupsOfSixteen), name_of);

}  // namespace
}  // namespace satsim
