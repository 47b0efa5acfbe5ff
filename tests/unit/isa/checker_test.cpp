#include "runtime/isa/checker.hpp"

#include <gtest/gtest.h>

#include "runtime/isa/assembler.hpp"
#include "runtime/isa/operation_walk.hpp"
#include "runtime/support/error.hpp"

namespace satsim::isa {
namespace {

std::string refusal(const Program& p) {
    try {
        check(p, "p");
        return "";
    } catch (const InputError& error) {
        return error.what();
    }
}

std::string refusal(const std::string& text) {
    return refusal(assemble(text, "t"));
}

TEST(Checker, Structure) {
    EXPECT_EQ(refusal(""), "");
    EXPECT_EQ(refusal(".engine LOAD\nHALT"), "");
    EXPECT_EQ(refusal(".engine LOAD\nSET r1, 1"), "p: LOAD stream ends without HALT");
    EXPECT_EQ(refusal(".engine LOAD\nHALT\nHALT"),
              "p: LOAD instruction 0: HALT before the end of the stream");
    EXPECT_EQ(refusal(".engine LOAD\nLOOP 2\nHALT"), "p: LOAD stream has 1 LOOP without END");
    EXPECT_EQ(refusal(".engine LOAD\nEND\nHALT"), "p: LOAD instruction 0: END without LOOP");
    std::string nest = ".engine LOAD\n";
    for (int i = 0; i < 9; ++i) nest += "LOOP 2\n";
    for (int i = 0; i < 9; ++i) nest += "END\n";
    EXPECT_EQ(refusal(nest + "HALT"), "p: LOAD instruction 8: loops nested deeper than 8");
    Program p = assemble(".engine LOAD\nLOOP 2\nEND\nHALT", "t");
    p.streams[0][0].imm = 0;
    EXPECT_EQ(refusal(p), "p: LOAD instruction 0: LOOP 0 times, expected at least 1");
    p.streams[0].insert(p.streams[0].begin(), 4096, {Opcode::Set, 1, 0, 0});
    EXPECT_EQ(refusal(p), "p: LOAD stream of 4099 instructions, the instruction memory holds 4096");
    p.config.instructions = 1024;
    p.streams[0].resize(1025);
    EXPECT_EQ(refusal(p), "p: LOAD stream of 1025 instructions, the instruction memory holds 1024");
}

TEST(Checker, ConstantParameters) {
    const std::string good =
        ".engine LOAD\nSET len, 8\nSET grid_w, 4\nSET grid_h, 1\nSET count, 4\nSET sx, 1\nSET sy, 1\nSET "
        "in_w, 4\nSET in_h, 1\n";
    EXPECT_EQ(refusal(good + "RUN\nHALT"), "");
    EXPECT_EQ(refusal(good + "SET base, 4\nRUN\nHALT"),
              "p: LOAD instruction 9: base is 4, expected a multiple of 8");
    EXPECT_EQ(refusal(good + "SET dest_kind, 6\nRUN\nHALT"),
              "p: LOAD instruction 9: dest_kind is 6, expected 0..5");
    EXPECT_EQ(refusal(good + "SET dest, 512\nRUN\nHALT"),
              "p: LOAD instruction 9: reaches word 16384 of the west buffer, which has 16384");
    EXPECT_EQ(refusal(good + "SET x0, 4\nRUN SEEK\nHALT"), "p: LOAD instruction 9: x0 is 4, expected 0..3");
    EXPECT_EQ(refusal(good + "SET x0, 4\nRUN\nHALT"), "");  // not used without SEEK
    // After a loop of several iterations only what is set in it anew is known.
    EXPECT_EQ(refusal(good + "LOOP 2\nADD dest, dest, 300\nRUN\nEND\nHALT"), "");
    EXPECT_EQ(refusal(good + "LOOP 2\nSET dest, 300\nADD dest, dest, 300\nRUN\nEND\nHALT"),
              "p: LOAD instruction 11: reaches word 19200 of the west buffer, which has 16384");
    EXPECT_EQ(refusal(good + "LOOP 1\nADD dest, dest, 600\nRUN\nEND\nHALT"),
              "p: LOAD instruction 10: reaches word 19200 of the west buffer, which has 16384");
    EXPECT_EQ(refusal(".engine STCE\nSET m, 8\nSET n, 9\nRUN FIRST|LAST\nHALT"),
              "p: STCE instruction 2: n is 9, expected 1..8");
    // Rows of four indices are a word of 16 apart: 128 lines of 8 words hold 1,024 of them.
    const std::string tile =
        ".engine STCE\nSET m, 8\nSET n, 1\nSET sr, 1\nSET sc, 1\nSET rows, 1\nSET groups, 3\nSET wstride, "
        "1\n";
    const std::string narrow =
        ".config rows=4 columns=4 channels=1 west_lines=128 north_value_lines=256 north_index_lines=128\n" +
        tile;
    EXPECT_EQ(refusal(narrow + "SET ni, 4087\nRUN FIRST|LAST\nHALT"), "");
    EXPECT_EQ(refusal(narrow + "SET ni, 4088\nRUN FIRST|LAST\nHALT"),
              "p: STCE instruction 8: reaches word 1024 of the north index buffer, which has 1024");
    // Sixteen accumulators, eight of them row slots at most.
    EXPECT_EQ(refusal(tile + "SET sr, 8\nSET sc, 2\nRUN FIRST|LAST\nHALT"), "");
    EXPECT_EQ(refusal(tile + "SET sc, 16\nRUN FIRST|LAST\nHALT"), "");
    EXPECT_EQ(refusal(tile + "SET sr, 9\nRUN FIRST|LAST\nHALT"),
              "p: STCE instruction 8: sr is 9, expected 1..8");
    EXPECT_EQ(refusal(tile + "SET sr, 6\nSET sc, 3\nRUN FIRST|LAST\nHALT"),
              "p: STCE instruction 9: sr*sc is 18, expected at most 16");
    EXPECT_EQ(refusal(tile + "SET ni, 4\nRUN FIRST|LAST\nHALT"),
              "p: STCE instruction 8: ni is 4, expected a multiple of 8");
    EXPECT_EQ(refusal(tile + "SET ni, 4\nSET n, 8\nRUN DENSE|FIRST|LAST\nHALT"), "");  // reads none
    EXPECT_EQ(refusal(tile + "SET nv, 2\nRUN FIRST|LAST\nHALT"),
              "p: STCE instruction 8: nv is 2, expected a multiple of 8");
    EXPECT_EQ(refusal(".engine STORE\nSET len, 8\nSET grid_w, 4\nSET grid_h, 1\nSET count, 4\nSET src_kind, "
                      "3\nRUN\nHALT"),
              "p: STORE instruction 5: src_kind is 3, expected 0..2");
}

// One load in a loop of 3, whose registers before it and changes in it are given.
Program loading(const std::string& before, const std::string& in_loop) {
    return assemble(
        ".engine LOAD\nSET len, 8\nSET grid_w, 4\nSET grid_h, 1\nSET count, 4\nSET sx, 1\nSET sy, 1\n"
        "SET in_w, 4\nSET in_h, 1\n" +
            before + "LOOP 3\nRUN SEEK\n" + in_loop + "END\nHALT",
        "t");
}

std::string operation_refusal(const Program& p) {
    try {
        check(p, "p");  // sees constants only
        EXPECT_TRUE(check_operations(p, "p", [](auto, auto, const auto&) { return std::nullopt; }));
        return "";
    } catch (const InputError& error) {
        return error.what();
    }
}

TEST(Checker, LoadsThatNeverEnd) {
    EXPECT_EQ(operation_refusal(loading("", "")), "");
    EXPECT_EQ(operation_refusal(loading("SET count, 0\n", "")),
              "p: LOAD instruction 10: count is 0, expected 1..16777215");
    EXPECT_EQ(operation_refusal(loading("SET len, 0\n", "")),
              "p: LOAD instruction 10: len is 0, expected 8..134217720");
    EXPECT_EQ(operation_refusal(loading("SET dest_kind, 6\n", "")),
              "p: LOAD instruction 10: dest_kind is 6, expected 0..5");
    Program small = loading("", "");
    small.config.piece_fifo = 3;
    EXPECT_EQ(refusal(small), "p: array configuration: piece_fifo is 3, expected 4..65536");
}

// A loop changes the register: no constant, but every operation is looked at.
TEST(Checker, OperationsOfALoop) {
    EXPECT_EQ(refusal(loading("", "ADD count, count, -2\n")), "");
    EXPECT_EQ(operation_refusal(loading("", "ADD count, count, -2\n")),
              "p: LOAD instruction 9: count is 0, expected 1..16777215");
    EXPECT_EQ(operation_refusal(loading("", "ADD len, len, -4\n")),
              "p: LOAD instruction 9: len is 4, expected a multiple of 8");
    EXPECT_EQ(operation_refusal(loading("", "ADD len, len, -8\n")),
              "p: LOAD instruction 9: len is 0, expected 8..134217720");
    EXPECT_EQ(operation_refusal(loading("SET dest_kind, 4\n", "ADD dest_kind, dest_kind, 2\n")),
              "p: LOAD instruction 10: dest_kind is 6, expected 0..5");
    EXPECT_EQ(operation_refusal(loading("", "ADD x0, x0, 2\n")),
              "p: LOAD instruction 9: x0 is 4, expected 0..3");
    EXPECT_EQ(operation_refusal(loading("", "ADD dest, dest, 256\n")),
              "p: LOAD instruction 9: reaches word 16384 of the west buffer, which has 16384");
}

TEST(Checker, WalkOfOperationsEndsWithItsBudget) {
    const Program idle = assemble(".engine LOAD\nLOOP 100000000000\nEND\nHALT", "t");
    const auto none = [](auto, auto, const auto&) { return std::nullopt; };
    EXPECT_FALSE(check_operations(idle, "p", none, 1000));
    EXPECT_FALSE(check_operations(loading("", ""), "p", none, 15));  // 8 SET, LOOP, 3 times RUN and END, HALT
    EXPECT_TRUE(check_operations(loading("", ""), "p", none, 16));
    // VEC's rules come from outside.
    const Program vector = assemble(".engine VEC\nSET rows, 3\nRUN\nHALT", "t");
    EXPECT_THROW(check_operations(vector, "p", [](auto, auto, const auto&) { return "no vector"; }),
                 InputError);
}

TEST(Checker, OneProducerAndOneConsumer) {
    EXPECT_EQ(refusal(".engine LOAD\nPOST sem3, 1\nHALT\n.engine STCE\nPOST sem3, 1\nHALT"),
              "p: STCE instruction 0: semaphore 3 already has LOAD as its producing engine");
    EXPECT_EQ(refusal(".semaphore 3 2\n.engine LOAD\nWAIT sem3, 1\nHALT\n.engine STCE\nWAIT sem3, 1\nHALT"),
              "p: STCE instruction 0: semaphore 3 already has LOAD as its consuming engine");
}

TEST(Checker, Deadlock) {
    EXPECT_EQ(
        refusal(
            ".engine LOAD\nWAIT sem0, 1\nPOST sem1, 1\nHALT\n.engine STCE\nWAIT sem1, 1\nPOST sem0, 1\nHALT"),
        "p: deadlock: LOAD instruction 0 waits for 1 tokens of semaphore 0 (has 0), STCE instruction 0 waits "
        "for "
        "1 tokens of semaphore 1 (has 0)");
    EXPECT_EQ(refusal(".semaphore 0 1\n.engine LOAD\nWAIT sem0, 1\nPOST sem1, 1\nHALT\n"
                      ".engine STCE\nWAIT sem1, 1\nPOST sem0, 1\nHALT"),
              "");
    // The two sides count different numbers of iterations; found after 10^11 of them.
    EXPECT_EQ(
        refusal(".semaphore 0 2\n.engine LOAD\nLOOP 100000000000\nWAIT sem0, 1\nPOST sem1, 1\nEND\nHALT\n"
                ".engine STCE\nLOOP 100000000003\nWAIT sem1, 1\nPOST sem0, 1\nEND\nHALT"),
        "p: deadlock: STCE instruction 1 waits for 1 tokens of semaphore 1 (has 0)");
}

TEST(Checker, Overflow) {
    EXPECT_EQ(refusal(".engine LOAD\nLOOP 256\nPOST sem1, 1\nEND\nHALT\n.engine STCE\nLOOP 256\nWAIT sem1, "
                      "1\nEND\nHALT"),
              "p: LOAD instruction 1: semaphore 1 can rise to 256 tokens, at most 255");
    EXPECT_EQ(refusal(".engine LOAD\nLOOP 255\nPOST sem1, 1\nEND\nHALT\n.engine STCE\nLOOP 255\nWAIT sem1, "
                      "1\nEND\nHALT"),
              "");
}

TEST(Checker, LeftoversAndHighestCountsAreReported) {
    const Program p = assemble(
        ".semaphore 0 2\n.engine LOAD\nLOOP 5\nWAIT sem0, 1\nPOST sem1, 1\nEND\nPOST sem5, 7\nHALT\n"
        ".engine STCE\nLOOP 5\nWAIT sem1, 1\nPOST sem0, 1\nEND\nHALT",
        "t");
    const CheckReport report = inspect(p, "p");
    EXPECT_EQ(report.left[0], 2);
    EXPECT_EQ(report.left[1], 0);
    EXPECT_EQ(report.left[5], 7);
    EXPECT_EQ(report.highest[0], 2);
    EXPECT_EQ(report.highest[1], 2);
    EXPECT_EQ(report.highest[5], 7);
}

// Three engines with two buffers between each pair, 10^24 tokens on each semaphore; STORE nests its loops
// differently.
TEST(Checker, HugeLoopNestsAreWalkedInFewSteps) {
    const auto nest = [](int levels, const char* iterations, const std::string& body) {
        std::string text;
        for (int i = 0; i < levels; ++i) text += "LOOP " + std::string(iterations) + "\n";
        text += body;
        for (int i = 0; i < levels; ++i) text += "END\n";
        return text + "HALT\n";
    };
    const std::string text = ".semaphore 0 2\n.semaphore 2 2\n.engine LOAD\n" +
                             nest(8, "1000", "WAIT sem0, 1\nPOST sem1, 1\n") + ".engine STCE\n" +
                             nest(8, "1000", "WAIT sem1, 1\nWAIT sem2, 1\nPOST sem0, 1\nPOST sem3, 1\n") +
                             ".engine STORE\n" + nest(4, "1000000", "WAIT sem3, 1\nPOST sem2, 1\n");
    const CheckReport report = inspect(assemble(text, "t"), "p");
    EXPECT_EQ(report.left[0], 2);
    EXPECT_EQ(report.left[2], 2);
    EXPECT_EQ(report.highest[1], 2);
    EXPECT_EQ(report.highest[3], 2);
    EXPECT_LT(report.steps, 10'000'000);
    RecordProperty("steps", std::to_string(report.steps));
}

}  // namespace
}  // namespace satsim::isa
