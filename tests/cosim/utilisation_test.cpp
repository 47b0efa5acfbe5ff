// MAC slots a USPE and cycle, in every mode, once the array is filled: counted on the verilated RTL and on
// the cycle model, on a GEMM whose operands come faster than they are used.
//
// The window runs from the release of the first GEMM operation to the release of the last. A release marks
// the cycle after an operation's last MAC slot (contract.md §5), so before the window lie fetch, the first
// loads and the first operation, behind it only the drain; in it, the slots of all operations but the first
// must fill every cycle.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "runtime/isa/stream_walker.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "sim/cycle/cycle_sat.hpp"
#include "sim/cycle/stce_recurrence.hpp"
#include "sim/rtl/rtl_sat.hpp"
#include "sim/verify/gemm_case.hpp"

namespace satsim {
namespace {

constexpr std::size_t kStce = static_cast<std::size_t>(isa::Engine::Stce);

struct Mode {
    const char* name;
    NmPattern nm;
    bool weight_stationary;
    isa::ArrayConfig (*array)();
    dram::MemoryKind memory;
    double sustained;  // MAC slots a USPE and cycle
};

std::vector<cycle::GemmOperation> operations_of(const isa::Program& program) {
    std::vector<cycle::GemmOperation> all;
    isa::StreamWalker walker(isa::Engine::Stce, program.streams[kStce]);
    while (const isa::Instruction* instruction = walker.next()) {
        if (instruction->opcode == isa::Opcode::Run)
            all.push_back(
                cycle::GemmOperation::from(walker.registers(), isa::decode_run(instruction->imm).flags));
        walker.pass();
    }
    return all;
}

std::int64_t slots(const cycle::GemmOperation& op) {
    return op.steps() * op.n * op.sr * op.sc;
}

// The share of the window's cycles in which every USPE has a MAC slot.
double sustained(const Execution& run, const std::vector<cycle::GemmOperation>& operations,
                 const isa::ArrayConfig& array) {
    const auto& records = run.operations[kStce];
    EXPECT_EQ(records.size(), operations.size());
    std::int64_t all = 0;
    for (const auto& op : operations) all += slots(op);
    EXPECT_EQ(run.counters.mac_slots, all * array.rows * array.columns);
    return static_cast<double>(all - slots(operations.front())) /
           static_cast<double>(records.back().release - records.front().release);
}

class Utilisation : public testing::TestWithParam<Mode> {};

TEST_P(Utilisation, OneMacSlotPerUspeAndCycle) {
    const Mode& mode = GetParam();
    const isa::ArrayConfig array = mode.array();
    GemmTask task;
    task.layer = "test";
    task.shape = {64, 256, 256};
    task.nm = mode.nm;
    task.gather.grid_w = task.gather.in_w = 64;
    task.gather.channels = 256;
    task.scatter.out_w = 64;
    schedule::MachineView machine;
    machine.array = array;
    machine.memory.channels = array.channels;
    machine.memory.kind = mode.memory;
    schedule::ScheduleOptions choice;
    choice.dataflow = mode.weight_stationary ? schedule::ScheduleOptions::DataflowChoice::WeightStationary
                                             : schedule::ScheduleOptions::DataflowChoice::OutputStationary;
    const auto schedules = schedule::candidate_schedules(task, machine, choice, 1);
    const isa::Program program = schedule::emit_gemm(task, schedules.front(), machine);
    const auto operations = operations_of(program);
    ASSERT_GT(operations.size(), 3U);

    cycle::CycleSat cycle;
    cycle::RunOptions options;
    options.memory = machine.memory;
    options.record_operations = true;
    const Execution modelled = cycle.run(program, options);
    std::mt19937_64 rng(1);
    const verify::GemmCase data(task, array, rng);
    MemoryImage memory;
    for (const auto& [page, bytes] : data.memory().pages())
        memory.write(page * MemoryImage::kPageBytes, *bytes);
    sim::rtl::RtlSat rtl(array);
    const Execution verilated = rtl.run(program, memory, machine.memory, 2 * modelled.cycles());
    EXPECT_EQ(data.compare(memory), "");

    EXPECT_EQ(sustained(modelled, operations, array), mode.sustained);
    EXPECT_EQ(sustained(verilated, operations, array), mode.sustained);
}

constexpr auto kDdr4 = dram::MemoryKind::Ddr4;
constexpr auto kIdeal = dram::MemoryKind::Ideal;
constexpr auto k8x8 = sim::rtl::eight_by_eight;
constexpr auto k4x16 = sim::rtl::four_by_sixteen;

// Weight-stationary N:M runs on the 4x16 array, whose one DDR4 channel does not keep up with four rows of
// weights in every refresh: there the memory is ideal. WS 1:8 is bound by the west edge, not by the array: a
// row takes eight activations a slot at four a cycle, so max(N, M/4) = 2 cycles for one MAC (contract.md §5,
// F and X).
INSTANTIATE_TEST_SUITE_P(Modes, Utilisation,
                         testing::Values(Mode{"OsDense", {8, 8}, false, k8x8, kDdr4, 1.0},
                                         Mode{"OsTwoOfFour", {2, 4}, false, k8x8, kDdr4, 1.0},
                                         Mode{"OsTwoOfEight", {2, 8}, false, k8x8, kDdr4, 1.0},
                                         Mode{"OsOneOfEight", {1, 8}, false, k8x8, kDdr4, 1.0},
                                         Mode{"WsDense", {8, 8}, true, k4x16, kDdr4, 1.0},
                                         Mode{"WsTwoOfFour", {2, 4}, true, k4x16, kIdeal, 1.0},
                                         Mode{"WsTwoOfEight", {2, 8}, true, k4x16, kIdeal, 1.0},
                                         Mode{"WsOneOfEight", {1, 8}, true, k4x16, kIdeal, 0.5}),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace satsim
