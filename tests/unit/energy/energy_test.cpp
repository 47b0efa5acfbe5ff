// Energy is events times figures: each event priced once, counted and assumed parts apart.
#include "runtime/energy/energy.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace satsim::energy {
namespace {

Hardware machine() {
    return load_hardware(SATSIM_SOURCE_DIR "/models/hardware/vcu1525-sat32.json");
}

Execution some_execution() {
    Execution execution;
    execution.counters = {.mac_slots = 1000,
                          .west_words = 11,
                          .north_lines_bytes = 13,
                          .result_writes = 17,
                          .result_reads = 19,
                          .load_words = 23,
                          .vector_elements = 29,
                          .vmem_words = 31,
                          .cmem_values = 37};
    execution.memory = {.activates = 2, .read_lines = 3, .write_lines = 5, .refreshes = 7};
    return execution;
}

TEST(Energy, GangedChannelsMultiplyEveryCommand) {
    const Events events = count_events(some_execution(), 4);
    EXPECT_EQ(events.ddr4_activates, 8);
    EXPECT_EQ(events.ddr4_reads, 12);
    EXPECT_EQ(events.ddr4_writes, 20);
    EXPECT_EQ(events.ddr4_refreshes, 28);
    EXPECT_EQ(events.mac_slots, 1000);
    EXPECT_EQ(events.result_accesses, 36);
}

TEST(Energy, JoulesAreEventsTimesFiguresAddedByHand) {
    const Hardware hardware = machine();
    const Report report = make_report(hardware, count_events(some_execution(), 4), {});
    const EventFigures& f = hardware.events;
    const double expected = 1000 * (f.fp16_multiply.value + f.fp32_add.value) +
                            29 * f.vector_operation.value + 11 * f.west_read.value + 13 * f.north_read.value +
                            36 * f.result_access.value + 23 * f.onchip_write.value +
                            31 * f.vmem_access.value + 37 * f.cmem_access.value + 8 * f.ddr4_activate.value +
                            12 * f.ddr4_read.value + 20 * f.ddr4_write.value +
                            32 * (f.ddr4_io.value + f.axi_beat.value) + 28 * f.ddr4_refresh.value;
    EXPECT_NEAR(report.counted_joules(), expected, 1e-12 * expected);
    EXPECT_EQ(report.assumed_joules(), 0);
}

TEST(Energy, AssumedJoulesAreWattsTimesSeconds) {
    const Hardware hardware = machine();
    const Report report = make_report(hardware, {}, {.step_seconds = 2, .host_seconds = 0.5});
    EXPECT_EQ(report.counted_joules(), 0);
    EXPECT_DOUBLE_EQ(report.assumed_joules(), 2 * hardware.power.accelerator_static.value +
                                                  2 * 4 * hardware.power.ddr4_background.value +
                                                  0.5 * hardware.power.host_busy.value);
}

TEST(Energy, JoulesWithoutAReportAreThoseOfTheReport) {
    const Hardware hardware = machine();
    for (std::int64_t i = 1; i < 2000; i += 7) {
        const Events events{i * 3,  i * 5,  i * 7,  i * 11, i * 13, i * 17, i * 19,
                            i * 23, i * 29, i * 31, i * 37, i * 41, i * 43};
        const Times times{.step_seconds = 1e-3 / static_cast<double>(i),
                          .host_seconds = 1e-6 * static_cast<double>(i)};
        EXPECT_EQ(joules(hardware, events, times), make_report(hardware, events, times).joules());
    }
}

TEST(Energy, EveryKindOfEventIsPriced) {
    Events one{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const Report report = make_report(machine(), one, {});
    for (const CountedEnergy& part : report.counted) {
        EXPECT_GT(part.joules(), 0) << part.name;
        EXPECT_FALSE(part.each.source.empty()) << part.name;
    }
    Events sum = one;
    sum += one;
    EXPECT_EQ(sum, (Events{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}));
}

}  // namespace
}  // namespace satsim::energy
