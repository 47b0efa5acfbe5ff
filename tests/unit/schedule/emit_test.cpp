// Emitted programs, run on the functional executor, compute exactly what the task says: every schedule of
// random tasks.
#include <gtest/gtest.h>

#include "runtime/functional/functional_sat.hpp"
#include "runtime/schedule/fold_image.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "runtime/schedule/tensor_layout.hpp"
#include "sim/verify/gemm_case.hpp"

namespace satsim::schedule {
namespace {

isa::ArrayConfig small_array(int rows, int columns, int channels) {
    isa::ArrayConfig array;
    array.rows = rows;
    array.columns = columns;
    array.channels = channels;
    array.west_lines = 128;
    array.north_value_lines = 256;
    array.north_index_lines = 128;
    array.result_addresses = 1024;
    return array;
}

struct Case {
    const char* name;
    Stage stage;
    NmPattern nm;
    bool matrix;
    int count;
    bool kernel = false;
    int channels = 0;  // most of them, 0: the usual
    bool from_host = false;
    bool over_positions = false;
    int columns = 0;  // as channels
};

class EmitTest : public testing::TestWithParam<Case> {};

TEST_P(EmitTest, EveryScheduleComputesTheTask) {
    const Case& parameter = GetParam();
    std::mt19937_64 rng(20230922);
    int schedules = 0;
    int wide_rows = 0;                                     // tasks whose rows of C begin at lines
    const int rounds = parameter.channels > 100 ? 3 : 12;  // long ones once an array: half a minute each
    for (int round = 0; round < rounds; ++round) {
        verify::CaseOptions options;
        options.stage = parameter.stage;
        options.nm = parameter.nm;
        options.matrix = parameter.matrix;
        options.count = parameter.count;
        options.kernel = parameter.kernel;
        options.from_host = parameter.from_host;
        options.over_positions = parameter.over_positions;
        if (parameter.kernel) options.max_channels = 12;
        if (parameter.channels > 0) options.max_channels = parameter.channels;
        if (parameter.columns > 0) options.max_columns = parameter.columns;
        MachineView machine;
        machine.array = round % 3 == 0   ? small_array(4, 4, 1)
                        : round % 3 == 1 ? small_array(8, 8, 2)
                                         : small_array(4, 16, 1);
        GemmTask task = verify::random_task(rng, options);
        if (parameter.kernel) task = on_stored_input(task);
        const GemmLayout layout = layout_gemm(task, machine.array);
        const std::int64_t row_bytes = task.shape.n * (task.out == ElementType::Fp32 ? 4 : 2);
        wide_rows += layout.c_pitch > row_bytes + 16 ? 1 : 0;  // more than groups of 8 are padded by
        const verify::GemmCase data(task, machine.array, rng);
        for (const GemmSchedule& schedule : candidate_schedules(task, machine, {}, 100)) {
            SCOPED_TRACE(std::to_string(round) + ": " + std::to_string(task.shape.m) + "x" +
                         std::to_string(task.shape.n) + "x" + std::to_string(task.shape.k) + " " +
                         schedule.tile_text());
            const isa::Program program = emit_gemm(task, schedule, machine);
            if (parameter.channels > 100 && schedule.dataflow == Dataflow::OutputStationary) {
                for (const auto& stream : program.streams)
                    EXPECT_LT(stream.size(), 1000);  // chunks are loops
            }
            MemoryImage memory;
            for (const auto& [page, bytes] : data.memory().pages())
                memory.write(page * MemoryImage::kPageBytes, *bytes);
            FunctionalSat sat(machine.array);
            sat.run(program, memory);
            EXPECT_EQ(data.compare(memory), "");
            if (HasFailure()) return;
            ++schedules;
        }
    }
    EXPECT_GT(schedules, 12);
    EXPECT_TRUE(parameter.columns == 0 || wide_rows > 0);
}

INSTANTIATE_TEST_SUITE_P(
    Tasks, EmitTest,
    testing::Values(
        Case{"FfDense", Stage::FF, {8, 8}, false, 1}, Case{"FfTwoOfEight", Stage::FF, {2, 8}, false, 1},
        Case{"FfTwoOfFour", Stage::FF, {2, 4}, false, 1}, Case{"FfOneOfEight", Stage::FF, {1, 8}, false, 1},
        Case{"FfOneOfTwo", Stage::FF, {1, 2}, false, 1}, Case{"BpOneOfTwo", Stage::BP, {1, 2}, true, 1},
        Case{"BpFourOfEight", Stage::BP, {4, 8}, false, 1}, Case{"BpOneOfFour", Stage::BP, {1, 4}, true, 1},
        Case{"WuConvolution", Stage::WU, {8, 8}, false, 1}, Case{"WuMatrix", Stage::WU, {8, 8}, true, 1},
        Case{"FfBatched", Stage::FF, {8, 8}, true, 3}, Case{"FfBatchedSparse", Stage::FF, {2, 8}, true, 2},
        Case{"FfKernel", Stage::FF, {8, 8}, false, 1, true},
        Case{"BpKernelSparse", Stage::BP, {2, 4}, false, 1, true},
        Case{"WuKernel", Stage::WU, {8, 8}, false, 1, true},
        Case{"FfLong", Stage::FF, {8, 8}, true, 1, false, 9000},
        Case{"BpLongSparse", Stage::BP, {2, 8}, true, 1, false, 9000},
        Case{"WuBatched", Stage::WU, {8, 8}, true, 3},
        Case{"WuWideRows", Stage::WU, {8, 8}, true, 2, false, 0, false, false, 1100},
        Case{"FfWideRows", Stage::FF, {2, 8}, true, 1, false, 0, false, false, 1100},
        Case{"FfFoldedImage", Stage::FF, {8, 8}, false, 1, true, 5, true},
        Case{"WuFoldedImage", Stage::WU, {8, 8}, false, 1, true, 5, true},
        Case{"BpOverPositions", Stage::BP, {8, 8}, true, 3, false, 0, false, true},
        Case{"BpOverPositionsOfWindows", Stage::BP, {8, 8}, false, 1, false, 0, false, true}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace satsim::schedule
