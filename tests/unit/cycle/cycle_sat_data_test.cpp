// Real data through the cycle model: the same bits as the functional executor, the same cycles as without
// data.
#include <gtest/gtest.h>

#include "runtime/functional/functional_sat.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "sim/cycle/cycle_sat.hpp"
#include "sim/verify/gemm_case.hpp"

namespace satsim::cycle {
namespace {

MemoryImage copy(const MemoryImage& from) {
    MemoryImage to;
    for (const auto& [page, bytes] : from.pages()) to.write(page * MemoryImage::kPageBytes, *bytes);
    return to;
}

TEST(CycleSatData, SameBitsAsTheFunctionalExecutor) {
    isa::ArrayConfig array;
    array.rows = array.columns = 8;
    array.channels = 2;
    std::mt19937_64 rng(31);
    for (int round = 0; round < 24; ++round) {
        verify::CaseOptions options;
        options.stage = round % 3 == 0 ? Stage::FF : round % 3 == 1 ? Stage::BP : Stage::WU;
        options.nm = options.stage == Stage::WU || round % 2 == 0 ? NmPattern{8, 8} : NmPattern{2, 8};
        options.max_channels = 20;
        options.max_columns = 40;
        options.max_grid = 5;
        schedule::MachineView machine;
        machine.array = array;
        machine.memory.channels = array.channels;
        machine.memory.stall_seed = round % 2 == 0 ? 0 : rng();
        const GemmTask task = verify::random_task(rng, options);
        const verify::GemmCase data(task, array, rng);
        const auto schedules = schedule::candidate_schedules(task, machine, {}, 100);
        const isa::Program program = schedule::emit_gemm(task, schedules[rng() % schedules.size()], machine);

        MemoryImage expected = copy(data.memory());
        FunctionalSat(array).run(program, expected);
        MemoryImage actual = copy(data.memory());
        RunOptions with_data;
        with_data.memory = machine.memory;
        with_data.data = &actual;
        const Execution run = CycleSat().run(program, with_data);
        EXPECT_EQ(MemoryImage::first_difference(expected, actual), -1) << "round " << round;
        EXPECT_EQ(data.compare(actual), "") << "round " << round;

        RunOptions times_only;
        times_only.memory = machine.memory;
        EXPECT_EQ(run.end, CycleSat().run(program, times_only).end);
    }
}

}  // namespace
}  // namespace satsim::cycle
