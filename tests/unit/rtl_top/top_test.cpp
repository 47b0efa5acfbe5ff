// Scheduled GEMM programs on the kernel: every byte of the memory as the functional model has it, and without
// stalls every cycle as sat_core has it behind the ports' latencies.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "runtime/functional/functional_sat.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "sim/dram/memory.hpp"
#include "sim/rtl/rtl_model.hpp"
#include "sim/rtl/rtl_sat.hpp"
#include "sim/verify/gemm_case.hpp"
#include "tests/unit/rtl_top/top_bench.hpp"

namespace satsim::rtl_top {
namespace {

struct Size {
    const char* name;
    isa::ArrayConfig (*config)();
    std::unique_ptr<TopBench> (*bench)(int seed);
    std::unique_ptr<sim::rtl::RtlModel> (*core)();
};

struct Work {
    isa::Program program;
    std::unique_ptr<verify::GemmCase> data;
};

void copy_into(MemoryImage& to, const MemoryImage& from) {
    for (const auto& [page, bytes] : from.pages()) to.write(page * MemoryImage::kPageBytes, *bytes);
}

Work random_work(const isa::ArrayConfig& array, std::mt19937_64& rng) {
    struct Kind {
        Stage stage;
        NmPattern nm;
        bool matrix;
        schedule::ScheduleOptions::DataflowChoice dataflow;
    };
    constexpr auto kOs = schedule::ScheduleOptions::DataflowChoice::OutputStationary;
    constexpr auto kWs = schedule::ScheduleOptions::DataflowChoice::WeightStationary;
    const std::array kinds{Kind{Stage::FF, {2, 8}, false, kOs}, Kind{Stage::FF, {8, 8}, false, kWs},
                           Kind{Stage::BP, {2, 4}, true, kOs}, Kind{Stage::WU, {8, 8}, false, kOs}};
    const Kind& kind = kinds[rng() % kinds.size()];
    verify::CaseOptions options;
    options.stage = kind.stage;
    options.nm = kind.nm;
    options.matrix = kind.matrix;
    options.max_channels = 34;
    options.max_columns = 40;
    options.max_grid = 5;
    schedule::MachineView machine;
    machine.array = array;
    machine.memory.channels = array.channels;
    schedule::ScheduleOptions choice;
    choice.dataflow = kind.dataflow;
    const GemmTask task = verify::random_task(rng, options);
    Work work;
    work.data = std::make_unique<verify::GemmCase>(task, array, rng);
    const auto schedules = schedule::candidate_schedules(task, machine, choice, 20);
    work.program = schedule::emit_gemm(task, schedules[rng() % schedules.size()], machine);
    return work;
}

// What the kernel's ports and a memory that is never busy add up to, seen from sat_core;
// docs/architecture/top.md.
class PortsAndMemory : public dram::Memory {
  public:
    static constexpr Cycles kReadPorts = 3;   // two cycles out, one back
    static constexpr Cycles kWritePorts = 2;  // one cycle out, one back
    explicit PortsAndMemory(Cycles read_latency) : read_latency_(read_latency) {}
    using Memory::read;
    void read(Cycles now, std::int64_t /*line*/, std::span<Cycles> arrival) override {
        for (Cycles& at : arrival) {
            at = std::max(last_read_ + 1, now + read_latency_ + kReadPorts);
            last_read_ = at;
        }
    }
    Cycles write(Cycles now, std::int64_t /*line*/, std::span<Cycles> accepted) override {
        Cycles last = now;
        for (Cycles& at : accepted) at = ++last;
        return last + 1 + kWritePorts;
    }
    [[nodiscard]] MemoryCounters counters(Cycles /*end*/) const override { return {}; }
    void reset() override { last_read_ = -1; }
    void walk(StateWalk& state) override { state.time(last_read_); }
    [[nodiscard]] Cycles phase(Cycles /*now*/) const override { return 0; }
    [[nodiscard]] std::int64_t repeats_after_lines() const override { return 1; }
    [[nodiscard]] std::int64_t row_lines() const override { return 1; }

  private:
    Cycles read_latency_;
    Cycles last_read_ = -1;
};

class TopTest : public testing::TestWithParam<Size> {};

// One bench runs them all, one after the other: nothing of a program is left for the next.
TEST_P(TopTest, MemoryAsTheFunctionalModelHasIt) {
    const isa::ArrayConfig array = GetParam().config();
    const auto bench = GetParam().bench(3);
    std::mt19937_64 rng(11);
    std::size_t most_reads = 0;
    int overflows = 0;
    for (int round = 0; round < 48; ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        const Work work = random_work(array, rng);
        MemoryImage expected;
        copy_into(expected, work.data->memory());
        FunctionalSat functional(array);
        functional.run(work.program, expected);
        expected.write(work.program.address, isa::fetch_image(work.program));

        bench->memory = MemoryImage{};
        copy_into(bench->memory, work.data->memory());
        for (const auto& channel : bench->channels) {
            channel->behaviour = {};
            channel->behaviour.ready_percent = round % 3 == 0 ? 100 : static_cast<int>(20 + rng() % 80);
            channel->behaviour.read_latency = static_cast<Cycles>(1 + rng() % 40);
        }
        RunOptions options;
        options.by_interrupt = round % 2 == 0;
        options.watchdog = 100'000;
        const Status status = bench->run(work.program, options);
        EXPECT_EQ(status.error, registers::Error::None) << static_cast<int>(status.error);
        EXPECT_EQ(status.nonfinite, functional.state().nonfinite);
        overflows += status.nonfinite ? 1 : 0;
        EXPECT_FALSE(bench->interrupt());
        EXPECT_TRUE(bench->memory_idle());
        ASSERT_EQ(bench->fault(), "");
        ASSERT_EQ(work.data->compare(bench->memory), "");
        ASSERT_EQ(MemoryImage::first_difference(bench->memory, expected), -1);
        for (const auto& channel : bench->channels)
            most_reads = std::max(most_reads, channel->most_reads_under_way());
    }
    EXPECT_GE(most_reads, 4U) << "several bursts should be outstanding";
    EXPECT_GT(overflows, 0) << "a case should overflow (GemmCase::add_extremes)";
    EXPECT_LT(overflows, 48);
}

TEST_P(TopTest, CyclesAsTheCoreHasThemBehindThePorts) {
    const isa::ArrayConfig array = GetParam().config();
    const auto bench = GetParam().bench(5);
    const auto core = GetParam().core();
    std::mt19937_64 rng(13);
    std::int64_t bursts_before = 0;
    for (int round = 0; round < 12; ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        const Work work = random_work(array, rng);
        const auto latency = static_cast<Cycles>(1 + rng() % 40);

        MemoryImage dram;
        copy_into(dram, work.data->memory());
        dram.write(work.program.address, isa::fetch_image(work.program));
        PortsAndMemory times(latency);
        sim::rtl::MemoryPort port(times, dram, array.line_bytes());
        sim::rtl::Recorder recorder(array);
        core->run({work.program.address / array.line_bytes(), 2'000'000, 1, {}}, port, recorder);
        const Execution execution = recorder.take();

        bench->memory = MemoryImage{};
        copy_into(bench->memory, work.data->memory());
        bench->behave([&](ChannelBehaviour& behaviour) { behaviour.read_latency = latency; });
        const Status status = bench->run(work.program);
        ASSERT_EQ(status.error, registers::Error::None);
        ASSERT_EQ(bench->fault(), "");
        EXPECT_EQ(MemoryImage::first_difference(bench->memory, dram), -1);

        const auto counter = [&](std::uint32_t first, int index) {
            return static_cast<Cycles>(bench->read64(first + 8 * static_cast<std::uint32_t>(index)));
        };
        EXPECT_EQ(counter(registers::kCycles, 0), execution.end + 1);
        for (int e = 0; e < isa::kEngines; ++e) {
            EXPECT_EQ(counter(registers::kBusyLoad, e), execution.busy[static_cast<std::size_t>(e)]) << e;
            EXPECT_EQ(counter(registers::kOperationsLoad, e),
                      static_cast<Cycles>(execution.operations[static_cast<std::size_t>(e)].size()))
                << e;
        }
        EXPECT_EQ(counter(registers::kMacSlots, 0) * array.rows * array.columns,
                  execution.counters.mac_slots);
        EXPECT_EQ(counter(registers::kWriteStall, 0), 0);
        EXPECT_EQ(counter(registers::kReadBursts, 0), bench->channels[0]->read_bursts() - bursts_before);
        bursts_before = bench->channels[0]->read_bursts();
    }
}

TEST_P(TopTest, SaysWhatItIs) {
    const isa::ArrayConfig array = GetParam().config();
    const auto bench = GetParam().bench(1);
    using namespace registers;
    EXPECT_EQ(bench->read(kMapVersion), static_cast<std::uint32_t>(kVersion));
    EXPECT_EQ(bench->read(kIsaVersion), static_cast<std::uint32_t>(isa::kVersion));
    EXPECT_EQ(bench->read(kIsaDigest), isa::kDigest);
    const std::array<std::pair<std::uint32_t, int>, 14> sizes{{{kRows, array.rows},
                                                               {kColumns, array.columns},
                                                               {kMaxM, array.max_m},
                                                               {kSlots, array.slots},
                                                               {kChannels, array.channels},
                                                               {kWestLines, array.west_lines},
                                                               {kNorthValueLines, array.north_value_lines},
                                                               {kNorthIndexLines, array.north_index_lines},
                                                               {kResultAddresses, array.result_addresses},
                                                               {kInstructions, array.instructions},
                                                               {kVmemLines, array.vmem_lines},
                                                               {kBurstLines, array.burst_lines},
                                                               {kPieceFifo, array.piece_fifo},
                                                               {kLineFifo, array.line_fifo}}};
    for (const auto& [offset, value] : sizes)
        EXPECT_EQ(bench->read(offset), static_cast<std::uint32_t>(value));
    EXPECT_EQ(bench->read(kStoreFifo), static_cast<std::uint32_t>(array.store_fifo));
    EXPECT_EQ(bench->read(0xFFC), 0U);
    // Arguments keep what is written, by byte strobes of whole words; read-only registers do not.
    for (const Argument& argument : kArguments) {
        bench->write(argument.offset, 0x1234'5678U + argument.offset);
        EXPECT_EQ(bench->read(argument.offset), 0x1234'5678U + argument.offset) << argument.name;
    }
    bench->write(kRows, 99);
    EXPECT_EQ(bench->read(kRows), static_cast<std::uint32_t>(array.rows));
    EXPECT_EQ(bench->read(kCtrl), kCtrlApIdle.mask());
}

std::vector<Size> sizes() {
    std::vector<Size> all = {{"Array4x4", sim::rtl::thin_slice, make_top_4x4, sim::rtl::make_model_4x4}};
#ifndef SATSIM_COVERAGE  // there only the 4x4 core is built
    all.push_back({"Array8x8", sim::rtl::eight_by_eight, make_top_8x8, sim::rtl::make_model_8x8});
#endif
    return all;
}

INSTANTIATE_TEST_SUITE_P(Sizes, TopTest, testing::ValuesIn(sizes()),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace satsim::rtl_top
