// The host program's runs on the verilated kernel, of one and two channels.
#include "host/card/card_run.hpp"

#include <gtest/gtest.h>

#include "host/card/card_report.hpp"
#include "host/card/extent.hpp"
#include "host/inputs.hpp"
#include "runtime/functional/functional_sat.hpp"
#include "runtime/isa/assembler.hpp"
#include "runtime/support/error.hpp"
#include "tests/unit/card/verilated_card.hpp"

namespace satsim::card {
namespace {

struct Size {
    const char* name;
    std::unique_ptr<rtl_top::TopBench> (*bench)(int seed);
    int rows;
    int channels;
};

class CardRun : public testing::TestWithParam<Size> {
  protected:
    void SetUp() override {
        bench_ = GetParam().bench(7);
        card_ = make_verilated_card(*bench_);
        array_ = KernelDriver(*card_.registers).identify();
        options_.timeout_s = 0.01;  // two million cycles
        options_.poll_s = 1e-6;
    }
    [[nodiscard]] Work gemm(const char* sizes, const char* nm, std::uint64_t seed = 1) const {
        return work_of_gemm(host::parse_gemm(sizes, nm), array_, seed);
    }
    [[nodiscard]] isa::Program assembled(const std::string& text) const {
        isa::Program program = isa::assemble(text, "test");
        program.config = array_;
        program.address = 0;
        return program;
    }
    void expect_good(const RunReport& report) {
        EXPECT_TRUE(report.ok()) << report_text(report);
        EXPECT_TRUE(report.compared);
        EXPECT_EQ(bench_->fault(), "");
    }

    std::unique_ptr<rtl_top::TopBench> bench_;
    Card card_;
    isa::ArrayConfig array_;
    RunOptions options_;
};

TEST_P(CardRun, KnowsTheKernel) {
    EXPECT_EQ(array_.rows, GetParam().rows);
    EXPECT_EQ(array_.channels, GetParam().channels);
    EXPECT_EQ(array_.burst_lines, 16);
}

TEST_P(CardRun, ProductsAreRight) {
    expect_good(run_on_card(card_, gemm("17,24,32", "dense"), options_));
    const RunReport report = run_on_card(card_, gemm("24,40,64", "2:8", 5), options_);
    expect_good(report);
    EXPECT_GT(report.outcome.counters[0], 100U) << "CYCLES";
    EXPECT_LE(report.outcome.counters[0], report.outcome.seconds / 5e-9);
    // Every channel has been read, each in its own region.
    for (const auto& channel : bench_->channels) EXPECT_GT(channel->read_bursts(), 0);
}

TEST_P(CardRun, WhatAProgramTouchesFitsExactly) {
    const Work work = gemm("24,40,64", "2:8");
    const std::int64_t end = memory_extent(work.program, "test");
    MemoryImage memory;
    isa::Program program = work.program;
    FunctionalSat(array_).run(program, memory);  // writes the program and C
    ASSERT_FALSE(memory.pages().empty());
    EXPECT_LE(memory.pages().rbegin()->first * MemoryImage::kPageBytes, end);
    options_.memory_bytes = end;
    expect_good(run_on_card(card_, work, options_));
    // One region page less of every bank, and the kernel itself refuses to leave it.
    Work empty = gemm("24,40,64", "2:8");
    empty.memory = MemoryImage{};
    place_program(empty.program, empty.memory);
    const std::int64_t unit = 4096 * array_.channels;
    options_.memory_bytes = (end - 1) / unit * unit;
    if (options_.memory_bytes <= empty.program.address) return;  // the program itself would not fit
    const RunReport report = run_on_card(card_, empty, options_);
    EXPECT_FALSE(report.ok());
    EXPECT_TRUE(report.outcome.status.error == registers::Error::ReadRange ||
                report.outcome.status.error == registers::Error::WriteRange)
        << report_text(report);
    EXPECT_FALSE(report.compared);
}

TEST_P(CardRun, AWrongBitIsFound) {
    dynamic_cast<VerilatedMemory&>(*card_.memory).flip_bank = array_.channels - 1;
    const RunReport report = run_on_card(card_, gemm("17,24,32", "dense"), options_);
    EXPECT_TRUE(report.outcome.ok());
    EXPECT_FALSE(report.ok());
    EXPECT_EQ(report.different_bytes, 1);
    EXPECT_EQ(report.first_difference / 64 % array_.channels, array_.channels - 1);
    EXPECT_NE(report_text(report).find("differs from the functional model in 1 bytes"), std::string::npos);
    EXPECT_EQ(report_json(report)["ok"], false);
}

TEST_P(CardRun, AProgramThatHangsIsStoppedAndTheNextRuns) {
    Work work;
    work.name = "hang";
    work.program = assembled(".engine STCE\nLOOP 549755813887\nEND\nHALT\n");
    place_program(work.program, work.memory);
    options_.timeout_s = 1e-4;
    options_.watchdog_cycles = 0;
    const RunReport report = run_on_card(card_, work, options_);
    EXPECT_TRUE(report.outcome.timed_out);
    EXPECT_EQ(report.outcome.status.error, registers::Error::Aborted);
    EXPECT_FALSE(report.outcome.status.running);
    EXPECT_NE(report_text(report).find("timed out"), std::string::npos);
    options_.timeout_s = 0.01;
    expect_good(run_on_card(card_, gemm("17,24,32", "dense"), options_));
    // With a watchdog the kernel names who waits.
    options_.watchdog_cycles = 1000;
    const RunReport watched = run_on_card(card_, work, options_);
    EXPECT_FALSE(watched.outcome.timed_out);
    EXPECT_EQ(watched.outcome.status.error, registers::Error::Watchdog);
    EXPECT_NE(describe(watched.outcome.status).find("STCE instruction"), std::string::npos);
}

TEST_P(CardRun, AMemoryThatIsSilentIsGivenUp) {
    bench_->behave([](rtl_top::ChannelBehaviour& behaviour) { behaviour.answers = false; });
    options_.timeout_s = 1e-4;
    options_.watchdog_cycles = 2000;
    const RunReport report = run_on_card(card_, gemm("17,24,32", "dense"), options_);
    EXPECT_FALSE(report.ok());
    EXPECT_TRUE(report.outcome.status.unanswered);
    EXPECT_NE(describe(report.outcome.status).find("owes answers"), std::string::npos);
}

TEST_P(CardRun, AnErrorOfAChannelIsNamed) {
    const Work work = gemm("17,24,32", "dense");
    bench_->channels.back()->behaviour.read_error_line = work.program.address / array_.line_bytes();
    const RunReport report = run_on_card(card_, work, options_);
    EXPECT_EQ(report.outcome.status.error, registers::Error::ReadResponse);
    EXPECT_EQ(report.outcome.status.channels, 1U << (array_.channels - 1));
    bench_->behave([](rtl_top::ChannelBehaviour& behaviour) { behaviour = {}; });
    expect_good(run_on_card(card_, work, options_));
}

TEST_P(CardRun, AProgramForAnotherArrayIsRefused) {
    Work work = gemm("17,24,32", "dense");
    work.program.config.west_lines *= 2;
    try {
        (void)run_on_card(card_, work, options_);
        FAIL();
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("west_lines"), std::string::npos);
    }
}

INSTANTIATE_TEST_SUITE_P(Kernels, CardRun,
                         testing::Values(Size{"Channels1", rtl_top::make_top_4x4, 4, 1},
                                         Size{"Channels2", rtl_top::make_top_8x8, 8, 2}),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace satsim::card
