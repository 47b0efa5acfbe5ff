// The driver against a register model that misbehaves in ways that the RTL does not.
#include "host/card/driver.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "runtime/isa/program_fields.hpp"

namespace satsim::card {
namespace {

using namespace registers;

// Registers that keep what they hold; a start ends after `cycles_to_end` reads of CTRL.
class ModelPort : public RegisterPort {
  public:
    ModelPort() {
        values[kMapVersion] = static_cast<std::uint32_t>(kVersion);
        values[kIsaDigest] = isa::kDigest;
        for (std::uint32_t offset = kRows; offset <= kStoreFifo; offset += 4)
            values[offset] = 8 + (offset - kRows);  // all different
        values[kChannels] = 4;
        values[kCtrl] = kCtrlApIdle.mask();
    }
    std::uint32_t read(std::uint32_t offset) override {
        time += 1e-6;
        if (offset == kCtrl && running && reads_to_end-- <= 0) {
            running = false;
            values[kCtrl] |= kCtrlApDone.mask() | kCtrlApIdle.mask();
        }
        const std::uint32_t value = values[offset];
        if (offset == kCtrl) values[kCtrl] &= ~kCtrlApDone.mask();
        return value;
    }
    void write(std::uint32_t offset, std::uint32_t value) override {
        time += 1e-6;
        written.emplace_back(offset, value);
        if (offset == kCtrl && (value & kCtrlApStart.mask()) != 0) {
            values[kCtrl] &= ~kCtrlApIdle.mask();
            running = true;
        } else if (offset == kReset) {
            if (++resets == resets_to_end) reads_to_end = 0;
        } else {
            values[offset] = value;
        }
    }
    double seconds() override { return time; }
    void pause(double seconds) override { time += seconds; }

    std::map<std::uint32_t, std::uint32_t> values;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> written;
    double time = 100;
    bool running = false;
    int reads_to_end = 3;
    int resets = 0;
    int resets_to_end = 1;
};

const Launch kLaunch{.bases = {0x1'0000'1000, 0x2'0000'2000, 0x3'0000'3000, 0x4'0000'4000},
                     .program_line = 0x5'0000'0007,
                     .memory_lines = 0x6'0000'0009,
                     .watchdog_cycles = 1234,
                     .timeout_s = 0.5,
                     .poll_s = 0.01};

std::string message(KernelDriver& driver) {
    try {
        (void)driver.identify();
    } catch (const CardError& error) {
        return error.what();
    }
    return "";
}

TEST(Driver, RefusesAKernelThatItDoesNotKnow) {
    ModelPort port;
    KernelDriver driver(port);
    const isa::ArrayConfig array = driver.identify();
    std::uint32_t offset = kRows;  // the registers stand in the order of the fields
    for (const auto& [name, value] : isa::config_fields(array)) {
        EXPECT_EQ(static_cast<std::uint32_t>(*value), port.values[offset]) << name;
        offset += 4;
    }
    port.values[kMapVersion] = 99;
    EXPECT_NE(message(driver).find("register map version 99"), std::string::npos);
    port.values[kMapVersion] = static_cast<std::uint32_t>(kVersion);
    port.values[kIsaDigest] ^= 1;
    EXPECT_NE(message(driver).find("instruction set"), std::string::npos);
    port.values[kIsaDigest] ^= 1;
    port.values[kColumns] = 0;
    EXPECT_NE(message(driver).find("columns is 0"), std::string::npos);
    port.values[kColumns] = 8;
    for (const std::uint32_t channels : {3U, 8U}) {
        port.values[kChannels] = channels;
        EXPECT_NE(message(driver).find(std::to_string(channels) + " memory channels"), std::string::npos);
    }
}

TEST(Driver, WritesEveryArgumentBeforeTheStart) {
    ModelPort port;
    (void)KernelDriver(port).run(kLaunch);
    const std::map<std::uint32_t, std::uint32_t> wanted{
        {kMem0, 0x1000},   {kMem0 + 4, 1},        {kMem1, 0x2000},  {kMem1 + 4, 2},    {kMem2, 0x3000},
        {kMem2 + 4, 3},    {kMem3, 0x4000},       {kMem3 + 4, 4},   {kProgramLine, 7}, {kProgramLine + 4, 5},
        {kMemoryLines, 9}, {kMemoryLines + 4, 6}, {kWatchdog, 1234}};
    for (const auto& [offset, value] : wanted) EXPECT_EQ(port.values[offset], value) << offset;
    ASSERT_FALSE(port.written.empty());
    EXPECT_EQ(port.written.back(), std::pair(kCtrl, kCtrlApStart.mask()))
        << "the start is the last that is written";
}

TEST(Driver, ReadsHowItEndedAndTheCounters) {
    ModelPort port;
    port.values[kStatus] = static_cast<std::uint32_t>(Error::ReadResponse) | 4U << kStatusEngine.lsb |
                           5U << kStatusChannels.lsb | kStatusNonfinite.mask();
    port.values[kErrorPc] = 17;
    port.values[kErrorAddress] = 0x1000;
    port.values[kErrorAddress + 4] = 2;
    for (std::size_t i = 0; i < kCounters.size(); ++i) {
        port.values[kCounters[i].offset] = static_cast<std::uint32_t>(100 + i);
        port.values[kCounters[i].offset + 4] = static_cast<std::uint32_t>(i);
    }
    const Outcome outcome = KernelDriver(port).run(kLaunch);
    EXPECT_FALSE(outcome.ok());
    EXPECT_FALSE(outcome.timed_out);
    EXPECT_EQ(outcome.status.error, Error::ReadResponse);
    EXPECT_EQ(outcome.status.engine, kEngineFetch);
    EXPECT_EQ(outcome.status.instruction, 17U);
    EXPECT_EQ(outcome.status.channels, 5U);
    EXPECT_TRUE(outcome.status.nonfinite);
    EXPECT_EQ(outcome.status.address, 0x2'0000'1000U);
    for (std::size_t i = 0; i < kCounters.size(); ++i)
        EXPECT_EQ(outcome.counters[i], (static_cast<std::uint64_t>(i) << 32) + 100 + i);
    const std::string text = describe(outcome.status);
    EXPECT_NE(text.find("READ_RESPONSE"), std::string::npos);
    EXPECT_NE(text.find("FETCH"), std::string::npos);
    EXPECT_NE(text.find("0x200001000"), std::string::npos);
    EXPECT_NE(text.find("channels 0101"), std::string::npos);
    EXPECT_NE(describe({.error = static_cast<Error>(200)}).find("error 200"), std::string::npos);
}

TEST(Driver, RefusesToStartBesideAnotherProgram) {
    ModelPort port;
    port.values[kCtrl] = kCtrlApStart.mask();
    EXPECT_THROW((void)KernelDriver(port).run(kLaunch), CardError);
    EXPECT_TRUE(port.written.empty());
}

TEST(Driver, StopsAProgramAfterItsTime) {
    ModelPort port;
    port.reads_to_end = 1'000'000;
    const Outcome outcome = KernelDriver(port).run(kLaunch);
    EXPECT_TRUE(outcome.timed_out);
    EXPECT_FALSE(outcome.ok());
    EXPECT_EQ(port.resets, 1);
    EXPECT_GE(outcome.seconds, kLaunch.timeout_s);
    EXPECT_LT(outcome.seconds, 2 * kLaunch.timeout_s);
}

TEST(Driver, GivesUpASilentMemoryWithASecondReset) {
    ModelPort port;
    port.reads_to_end = 1'000'000;
    port.resets_to_end = 2;
    EXPECT_TRUE(KernelDriver(port).run(kLaunch).timed_out);
    EXPECT_EQ(port.resets, 2);
}

TEST(Driver, SaysSoWhenNothingStopsTheKernel) {
    ModelPort port;
    port.reads_to_end = 1'000'000;
    port.resets_to_end = 100;
    EXPECT_THROW((void)KernelDriver(port).run(kLaunch), CardError);
    EXPECT_EQ(port.resets, 2);
}

}  // namespace
}  // namespace satsim::card
