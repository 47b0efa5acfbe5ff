// Every error of the kernel: it ends, its status names what went wrong, the bus is at rest, and a good
// program runs after it.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "sim/rtl/rtl_sat.hpp"
#include "tests/unit/rtl_top/top_bench.hpp"

namespace satsim::rtl_top {
namespace {

using isa::Engine;
using isa::Instruction;
using isa::Opcode;
using registers::Error;

constexpr std::int64_t kSource = 1 << 20;  // byte addresses
constexpr std::int64_t kDestination = 2 << 20;
constexpr std::uint32_t kWatchdog = 3000;

Instruction set(int reg, std::int64_t value) {
    return {Opcode::Set, static_cast<std::uint8_t>(reg), 0, value};
}
Instruction run(int push_end = -1, std::uint32_t flags = 0) {
    return {Opcode::Run, 0, 0,
            isa::encode_run({.push_early0 = -1, .push_early1 = -1, .push_end = push_end, .flags = flags})};
}
Instruction wait(int semaphore) {
    return {Opcode::Wait, static_cast<std::uint8_t>(semaphore), 0, 1};
}
constexpr Instruction kHalt{Opcode::Halt, 0, 0, 0};

struct Size {
    const char* name;
    isa::ArrayConfig (*config)();
    std::unique_ptr<TopBench> (*bench)(int seed);
};

class ErrorTest : public testing::TestWithParam<Size> {
  protected:
    ErrorTest() : config_(GetParam().config()), bench_(GetParam().bench(7)) {
        for (std::int64_t line = 0; line < kLines; ++line) {
            std::vector<std::uint8_t> bytes(static_cast<std::size_t>(config_.line_bytes()));
            for (std::size_t i = 0; i < bytes.size(); ++i)
                bytes[i] = static_cast<std::uint8_t>(17 * line + static_cast<std::int64_t>(i));
            bench_->memory.write(kSource + line * config_.line_bytes(), bytes);
        }
    }

    static constexpr std::int64_t kLines = 100;
    static constexpr std::uint32_t kLoadRun = 9;  // numbers of the RUNs in `copy`
    static constexpr std::uint32_t kStoreRun = 7;

    // Copies kLines lines through the vector memory: LOAD, then STORE.
    [[nodiscard]] isa::Program copy() const {
        const std::int64_t bytes = config_.line_bytes();
        isa::Program program;
        program.config = config_;
        program.address = 32 * bytes;
        stream(program, Engine::Load) = {set(isa::load::base, kSource),
                                         set(isa::load::len, bytes * kLines),
                                         set(isa::load::grid_w, 1),
                                         set(isa::load::grid_h, 1),
                                         set(isa::load::in_w, 1),
                                         set(isa::load::in_h, 1),
                                         set(isa::load::count, 1),
                                         set(isa::load::dest_kind, 4),
                                         set(isa::load::dest, 0),
                                         run(0, isa::load::kSeek),
                                         kHalt};
        stream(program, Engine::Store) = {set(isa::store::base, kDestination),
                                          set(isa::store::len, bytes * kLines),
                                          set(isa::store::grid_w, 1),
                                          set(isa::store::grid_h, 1),
                                          set(isa::store::count, 1),
                                          set(isa::store::src_kind, 1),
                                          wait(0),
                                          run(-1, isa::store::kSeek),
                                          kHalt};
        return program;
    }
    static std::vector<Instruction>& stream(isa::Program& program, Engine engine) {
        return program.streams[static_cast<std::size_t>(engine)];
    }
    // A program in which only `engine` does something.
    [[nodiscard]] isa::Program only(Engine engine, std::vector<Instruction> instructions) const {
        isa::Program program;
        program.config = config_;
        program.address = 32 * config_.line_bytes();
        stream(program, engine) = std::move(instructions);
        return program;
    }

    void expect(const Status& status, Error error, std::uint32_t engine, std::uint32_t pc) {
        EXPECT_EQ(static_cast<int>(status.error), static_cast<int>(error));
        EXPECT_EQ(status.engine, engine);
        EXPECT_EQ(status.pc, pc);
        EXPECT_FALSE(status.unanswered);
        EXPECT_FALSE(status.running);
        EXPECT_TRUE(bench_->memory_idle());
        EXPECT_EQ(bench_->fault(), "");
    }
    void expect(const Status& status, Error error, Engine engine, std::uint32_t pc) {
        expect(status, error, static_cast<std::uint32_t>(engine), pc);
    }
    // The next program ends well, to the last byte.
    void expect_recovery() {
        bench_->behave([](ChannelBehaviour& behaviour) { behaviour = {}; });
        const std::vector<std::uint8_t> zeros(static_cast<std::size_t>(kLines * config_.line_bytes()));
        bench_->memory.write(kDestination, zeros);
        const Status status = bench_->run(copy(), {.watchdog = kWatchdog});
        expect(status, Error::None, registers::kEngineNone, 0);
        std::vector<std::uint8_t> wanted(zeros.size());
        std::vector<std::uint8_t> found(zeros.size());
        bench_->memory.read(kSource, wanted);
        bench_->memory.read(kDestination, found);
        EXPECT_EQ(found, wanted);
    }

    isa::ArrayConfig config_;
    std::unique_ptr<TopBench> bench_;
};

TEST_P(ErrorTest, Header) {
    (void)bench_->run(copy());
    (void)bench_->read(registers::kCtrl);
    // Nothing was ever written there.
    bench_->write64(registers::kProgramLine, 5000);
    bench_->write(registers::kCtrl, registers::kCtrlApStart.mask());
    for (int i = 0; i < 200; ++i) bench_->step();
    expect(bench_->status(), Error::Header, registers::kEngineFetch, 0);
    EXPECT_EQ(bench_->read(registers::kCtrl),
              registers::kCtrlApDone.mask() | registers::kCtrlApReady.mask() | registers::kCtrlApIdle.mask());
    EXPECT_EQ(bench_->read(registers::kCtrl), registers::kCtrlApIdle.mask()) << "cleared by reading";
    expect_recovery();
}

TEST_P(ErrorTest, IllegalInstructions) {
    struct Case {
        std::vector<Instruction> instructions;
        std::uint32_t pc;
    };
    const Instruction end{Opcode::End, 0, 0, 0};
    const Instruction loop{Opcode::Loop, 0, 0, 2};
    const std::array cases{
        Case{{set(0, 1), {static_cast<Opcode>(10), 0, 0, 0}, kHalt}, 1},
        Case{{set(0, 1), end, kHalt}, 1},
        Case{{loop, loop, loop, loop, loop, loop, loop, loop, loop, kHalt}, 8},
        Case{{set(0, 1), set(1, 1)}, 2},
        Case{{{Opcode::Loop, 0, 0, 0}, end, kHalt}, 0},
        Case{{set(0, 1), {Opcode::Wait, 0, 0, 256}, kHalt}, 1},
        Case{{set(0, 1), {Opcode::Post, 0, 0, 0}, kHalt}, 1},
    };
    for (std::size_t i = 0; i < cases.size(); ++i) {
        SCOPED_TRACE("case " + std::to_string(i));
        for (const Engine engine : {Engine::Load, Engine::Stce, Engine::Vec, Engine::Store}) {
            expect(bench_->run(only(engine, cases[i].instructions)), Error::Instruction, engine, cases[i].pc);
        }
    }
    expect_recovery();
}

TEST_P(ErrorTest, VectorOperationAndSemaphore) {
    const auto operations = static_cast<std::int64_t>(isa::vec::kOperations.size());
    expect(bench_->run(only(Engine::Vec, {set(isa::vec::op, operations), run(), kHalt})),
           Error::VectorOperation, Engine::Vec, 1);
    expect_recovery();
    expect(
        bench_->run(only(Engine::Stce, {{Opcode::Post, 3, 0, 255}, {Opcode::Post, 3, 0, 1}, wait(4), kHalt})),
        Error::Semaphore, Engine::Stce, 1);
    // From an operation: 255 tokens are there, the end of LOAD's operation adds one.
    isa::Program program = copy();
    program.semaphores[0] = 255;
    stream(program, Engine::Store) = {wait(1), kHalt};
    expect(bench_->run(program), Error::Semaphore, Engine::Load, kLoadRun);
    expect_recovery();
}

// A good operation of each engine, and what is wrong with it when one register is changed.
TEST_P(ErrorTest, OperationsThatBreakARule) {
    struct Case {
        int reg;
        std::int64_t value;
    };
    struct Kind {
        Engine engine;
        std::vector<Case> good;
        std::uint32_t flags;
        std::vector<Case> bad;
    };
    constexpr std::int64_t kTooMany = 1 << 24;
    using namespace isa;
    const std::vector<Case> load_good{{load::len, 64},      {load::grid_w, 1},    {load::grid_h, 1},
                                      {load::count, 1},     {load::dest_kind, 4}, {load::ox, -1},
                                      {load::base, kSource}};
    const std::vector<Case> stce_good{{stce::groups, 1}, {stce::sr, 1}, {stce::sc, 1},
                                      {stce::n, 8},      {stce::m, 8},  {stce::rows, 1}};
    const std::vector<Case> vec_good{{vec::op, 0},
                                     {vec::rows, 16},
                                     {vec::channels, 4},
                                     {vec::o0, config_.vmem_lines / 2 * config_.line_words()}};
    const std::vector<Case> store_good{{store::base, kDestination}, {store::len, 64},  {store::grid_w, 1},
                                       {store::grid_h, 1},          {store::count, 1}, {store::src_kind, 2}};
    std::vector<Case> ws_good = stce_good;
    ws_good.push_back({stce::batches, 1});
    std::vector<Case> result_good = store_good;
    result_good.push_back({store::src_kind, 0});
    result_good.push_back({store::sc, 1});
    const std::vector<Kind> kinds{
        {Engine::Load,
         load_good,
         load::kSeek,
         {{load::len, 0},        {load::len, 12},        {load::len, 8 * kTooMany},
          {load::len, -8},       {load::count, 0},       {load::count, kTooMany},
          {load::grid_w, 0},     {load::grid_h, 0},      {load::base, 4},
          {load::px, 1},         {load::py, 2},          {load::pb, 4},
          {load::sx, 256},       {load::sy, -1},         {load::ox, kTooMany / 2},
          {load::oy, -kTooMany}, {load::in_w, kTooMany}, {load::in_h, -1},
          {load::dest_kind, 6},  {load::dest, kTooMany}, {load::x0, kTooMany},
          {load::y0, -1},        {load::b0, kTooMany}}},
        {Engine::Stce,
         stce_good,
         stce::kFirst | stce::kLast | stce::kDense,
         {{stce::m, 2},
          {stce::m, 12},
          {stce::m, 16},
          {stce::n, 0},
          {stce::n, 9},
          {stce::n, 4},
          {stce::sr, 0},
          {stce::sr, 9},
          {stce::sc, 0},
          {stce::sc, 9},
          {stce::groups, 0},
          {stce::groups, 1 << 16},
          {stce::rows, 0},
          {stce::rows, config_.rows + 1},
          {stce::wa, 1 << 16},
          {stce::wstride, -1},
          {stce::nv, kTooMany},
          {stce::ni, -1},
          {stce::ra, kTooMany}}},
        {Engine::Stce,
         ws_good,
         stce::kFirst | stce::kWs | stce::kDense,
         {{stce::sc, 2}, {stce::groups, config_.rows + 1}, {stce::batches, 0}, {stce::batches, 1 << 16}}},
        {Engine::Vec,
         vec_good,
         0,
         {{vec::rows, 0},
          {vec::rows, kTooMany},
          {vec::channels, 0},
          {vec::channels, -1},
          {vec::nm_f, 2 + 256 * 6},
          {vec::nm_f, 256 * 4},
          {vec::nm_b, 5 + 256 * 4},
          {vec::nm_b, 2 + 256 * 2},
          {vec::nm_f, 256 * 2},
          {vec::nm_b, 1 + 256 * 16}}},
        {Engine::Store,
         store_good,
         store::kSeek,
         {{store::len, 0},
          {store::len, 4},
          {store::count, 0},
          {store::grid_w, 0},
          {store::grid_h, kTooMany},
          {store::base, 1},
          {store::px, 4},
          {store::src_kind, 3},
          {store::x0, kTooMany}}},
        {Engine::Store, result_good, store::kSeek, {{store::sc, 0}, {store::sc, 1 << 16}, {store::src, -1}}},
    };
    for (const Kind& kind : kinds) {
        std::vector<Instruction> good;
        for (const Case& c : kind.good) good.push_back(set(c.reg, c.value));
        const auto with = [&](std::initializer_list<Instruction> more) {
            std::vector<Instruction> all = good;
            all.insert(all.end(), more);
            return only(kind.engine, all);
        };
        expect(bench_->run(with({run(-1, kind.flags), kHalt})), Error::None, registers::kEngineNone, 0);
        for (const Case& c : kind.bad) {
            SCOPED_TRACE(std::string(isa::kEngineNames[static_cast<std::size_t>(kind.engine)]) +
                         " register " + std::to_string(c.reg) + " = " + std::to_string(c.value));
            const auto pc = static_cast<std::uint32_t>(good.size() + 1);
            expect(bench_->run(with({set(c.reg, c.value), run(-1, kind.flags), kHalt})), Error::Operation,
                   kind.engine, pc);
            if (testing::Test::HasFailure()) return;
        }
    }
    // sr*sc beyond the slots, and flags that exclude each other.
    const auto gemm = [&](std::int64_t sr, std::int64_t sc, std::uint32_t flags) {
        return only(Engine::Stce,
                    {set(stce::groups, 1), set(stce::sr, sr), set(stce::sc, sc), set(stce::n, 8),
                     set(stce::m, 8), set(stce::rows, 1), set(stce::batches, 1), run(-1, flags), kHalt});
    };
    expect(bench_->run(gemm(4, 4, stce::kFirst | stce::kDense)), Error::Operation, Engine::Stce, 7);
    expect(bench_->run(gemm(1, 1, stce::kWs | stce::kLast | stce::kDense)), Error::Operation, Engine::Stce,
           7);
    expect_recovery();
}

TEST_P(ErrorTest, LinesOutOfRange) {
    const std::int64_t bytes = config_.line_bytes();
    // The copy reads lines first..first+99; its bursts begin at multiples of 16 lines from the region's
    // beginning.
    const std::int64_t first = kSource / bytes;
    isa::Program program = copy();
    const RunOptions options{.memory_lines = first + 40};
    Status status = bench_->run(program, options);
    expect(status, Error::ReadRange, Engine::Load, kLoadRun);
    EXPECT_EQ(status.address, static_cast<std::uint64_t>((first + 32) * bytes))
        << "the burst that reaches the bound";
    EXPECT_EQ(status.channels, 0U);
    expect_recovery();
    status = bench_->run(program, {.memory_lines = kDestination / bytes + 50});
    expect(status, Error::WriteRange, Engine::Store, kStoreRun);
    EXPECT_EQ(status.address, static_cast<std::uint64_t>(kDestination + 48 * bytes));
    expect_recovery();
    status = bench_->run(program, {.memory_lines = program.address / bytes});
    expect(status, Error::ReadRange, registers::kEngineFetch, 0);
    EXPECT_EQ(status.address, static_cast<std::uint64_t>(program.address));
    expect_recovery();
}

TEST_P(ErrorTest, ErrorResponses) {
    const std::int64_t bytes = config_.line_bytes();
    std::mt19937_64 rng(5);
    for (int round = 0; round < 20; ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        const std::size_t c = rng() % bench_->channels.size();
        ChannelBehaviour& behaviour = bench_->channels[c]->behaviour;
        const auto line = static_cast<std::int64_t>(rng() % kLines);
        bench_->behave([&](ChannelBehaviour& b) { b.ready_percent = static_cast<int>(30 + rng() % 71); });
        behaviour.read_error_line = kSource / bytes + line;
        Status status = bench_->run(copy());
        expect(status, Error::ReadResponse, Engine::Load, kLoadRun);
        EXPECT_EQ(status.address, static_cast<std::uint64_t>(kSource + line * bytes)) << "the very line";
        EXPECT_EQ(status.channels, 1U << c);
        behaviour.read_error_line = -1;
        behaviour.write_error_line = kDestination / bytes + line;
        status = bench_->run(copy());
        expect(status, Error::WriteResponse, Engine::Store, kStoreRun);
        EXPECT_EQ(status.address, static_cast<std::uint64_t>(kDestination + line / 16 * 16 * bytes))
            << "its burst";
        EXPECT_EQ(status.channels, 1U << c);
        behaviour.write_error_line = -1;
        behaviour.read_error_line = copy().address / bytes;
        status = bench_->run(copy());
        expect(status, Error::ReadResponse, registers::kEngineFetch, 0);
        if (testing::Test::HasFailure()) return;
        expect_recovery();
    }
}

TEST_P(ErrorTest, WatchdogNamesWhoWaits) {
    // A token that never comes.
    isa::Program program = copy();
    stream(program, Engine::Store)[6] = wait(5);
    expect(bench_->run(program, {.watchdog = kWatchdog}), Error::Watchdog, Engine::Store, 6);
    expect_recovery();
    // Two engines that wait for each other: the lower one is named.
    program = only(Engine::Stce, {set(0, 1), wait(1), kHalt});
    stream(program, Engine::Vec) = {wait(2), kHalt};
    expect(bench_->run(program, {.watchdog = kWatchdog}), Error::Watchdog, Engine::Stce, 1);
    expect_recovery();
    // A loop without end.
    program =
        only(Engine::Vec, {{Opcode::Loop, 0, 0, (std::int64_t{1} << 39) - 1}, {Opcode::End, 0, 0, 0}, kHalt});
    expect(bench_->run(program, {.watchdog = kWatchdog}), Error::Watchdog, Engine::Vec, 1);
    expect_recovery();
    // Without a watchdog it waits; the soft reset ends it.
    program = only(Engine::Stce, {wait(1), kHalt});
    expect(bench_->run(program, {.abort_after = 5000}), Error::Aborted, registers::kEngineNone, 0);
    expect_recovery();
}

TEST_P(ErrorTest, MemoryThatDoesNotAnswer) {
    bench_->behave([](ChannelBehaviour& behaviour) { behaviour.answers = false; });
    Status status = bench_->run(copy(), {.watchdog = kWatchdog});
    EXPECT_EQ(status.error, Error::Watchdog);
    EXPECT_EQ(status.engine, registers::kEngineFetch);
    EXPECT_TRUE(status.unanswered);
    status = bench_->run(copy(), {.watchdog = kWatchdog});
    EXPECT_EQ(status.error, Error::BusBusy);
    EXPECT_TRUE(status.unanswered);
    // The answers come at last: they go nowhere, and the kernel starts again.
    bench_->behave([](ChannelBehaviour& behaviour) { behaviour.answers = true; });
    for (int i = 0; i < 200; ++i) bench_->step();
    expect_recovery();
    // One channel falls silent in the middle: LOAD's operation is named. The host gives up by the soft reset.
    isa::Program program = copy();
    auto& load = stream(program, Engine::Load);
    for (int i = 0; i < 400; ++i) load.insert(load.begin(), set(20, i));  // the program is in by then
    Cycles silent = 0;
    bench_->memory.write(program.address, isa::fetch_image(program));
    bench_->write64(registers::kMemoryLines, static_cast<std::uint64_t>(kMemoryLines));
    bench_->write64(registers::kProgramLine,
                    static_cast<std::uint64_t>(program.address / config_.line_bytes()));
    bench_->write(registers::kWatchdog, 1000);
    bench_->write(registers::kCtrl, registers::kCtrlApStart.mask());
    for (; silent < 400; ++silent) bench_->step();
    bench_->channels.back()->behaviour.answers = false;
    for (; silent < 1900; ++silent) bench_->step();
    bench_->write(registers::kWatchdog, 0);
    for (; silent < 5000; ++silent) bench_->step();
    EXPECT_TRUE(bench_->status().running) << "it waits for the memory";
    bench_->write(registers::kReset, registers::kResetAbort.mask());
    for (int i = 0; i < 20; ++i) bench_->step();
    status = bench_->status();
    EXPECT_EQ(status.error, Error::Watchdog);
    EXPECT_EQ(status.engine, static_cast<std::uint32_t>(Engine::Load));
    EXPECT_EQ(status.pc, kLoadRun + 400);
    EXPECT_TRUE(status.unanswered);
    bench_->channels.back()->behaviour.answers = true;
    for (int i = 0; i < 200; ++i) bench_->step();
    EXPECT_TRUE(bench_->memory_idle());
    expect_recovery();
}

TEST_P(ErrorTest, BasesAreAligned) {
    bench_->bases.back() += 2048;
    const Status status = bench_->run(copy());
    expect(status, Error::Alignment, registers::kEngineNone, 0);
    bench_->bases.back() -= 2048;
    expect_recovery();
}

// Stopped at any moment: accepted bursts are completed, the beats that were missing without strobes.
TEST_P(ErrorTest, AbortAtAnyMoment) {
    std::mt19937_64 rng(9);
    for (int round = 0; round < 60; ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        bench_->behave([&](ChannelBehaviour& b) { b.ready_percent = static_cast<int>(20 + rng() % 81); });
        const Status status = bench_->run(copy(), {.abort_after = static_cast<Cycles>(rng() % 700)});
        if (status.error != Error::None) expect(status, Error::Aborted, registers::kEngineNone, 0);
        EXPECT_TRUE(bench_->memory_idle());
        ASSERT_EQ(bench_->fault(), "");
        if (round % 10 == 9) expect_recovery();
    }
    std::int64_t empty = 0;
    for (const auto& channel : bench_->channels) empty += channel->beats_without_strobe();
    EXPECT_GT(empty, 0) << "no burst was cut short";
}

TEST_P(ErrorTest, RestartsByItselfUntilToldNotTo) {
    (void)bench_->run(copy());
    bench_->write(registers::kCtrl, registers::kCtrlApStart.mask() | registers::kCtrlAutoRestart.mask());
    int ends = 0;
    for (int i = 0; i < 4000 && ends < 2; ++i) {
        for (int k = 0; k < 10; ++k) bench_->step();
        if (registers::kCtrlApDone.of(bench_->read(registers::kCtrl)) != 0) ++ends;
    }
    EXPECT_EQ(ends, 2);
    bench_->write(registers::kCtrl, 0);
    for (int i = 0; i < 4000; ++i) bench_->step();
    EXPECT_EQ(bench_->read(registers::kCtrl) & registers::kCtrlApIdle.mask(), registers::kCtrlApIdle.mask());
    EXPECT_EQ(bench_->status().error, Error::None);
    // Not after an error.
    bench_->write64(registers::kMemoryLines, 0);
    bench_->write(registers::kCtrl, registers::kCtrlApStart.mask() | registers::kCtrlAutoRestart.mask());
    for (int i = 0; i < 2000; ++i) bench_->step();
    EXPECT_NE(bench_->read(registers::kCtrl) & registers::kCtrlApIdle.mask(), 0U);
    EXPECT_EQ(bench_->status().error, Error::ReadRange);
}

INSTANTIATE_TEST_SUITE_P(Sizes, ErrorTest,
                         testing::Values(Size{"Array4x4", sim::rtl::thin_slice, make_top_4x4},
                                         Size{"Array8x8", sim::rtl::eight_by_eight, make_top_8x8}),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace satsim::rtl_top
