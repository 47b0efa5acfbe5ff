#include "runtime/functional/functional_sat.hpp"

#include <gtest/gtest.h>

#include "runtime/isa/assembler.hpp"
#include "runtime/support/error.hpp"

namespace satsim {
namespace {

std::string refusal(const std::string& text) {
    const isa::Program p = isa::assemble(text, "t");
    MemoryImage dram;
    try {
        FunctionalSat(p.config).run(p, dram, "p");
        return "";
    } catch (const InputError& error) {
        return error.what();
    }
}

TEST(FunctionalSat, FaultsNameTheProgramAndTheInstruction) {
    EXPECT_EQ(refusal(""), "");
    EXPECT_EQ(refusal(".engine LOAD\nWAIT sem0, 1\nHALT"),
              "p: deadlock: LOAD instruction 0 waits for 1 tokens of semaphore 0 (has 0)");
    EXPECT_EQ(refusal(".semaphore 0 255\n.engine LOAD\nPOST sem0, 1\nHALT"),
              "p: LOAD instruction 0: semaphore 0 rises to 256 tokens, at most 255");
    EXPECT_EQ(refusal(".engine LOAD\nSET r1, 1"), "p: LOAD instruction 1: the stream ends without HALT");
    EXPECT_EQ(refusal(".engine LOAD\nEND\nHALT"), "p: LOAD instruction 0: END without LOOP");
    EXPECT_EQ(refusal(".engine VEC\nRUN\nHALT"),
              "p: VEC instruction 0: this functional SAT was built without a vector unit");
    EXPECT_EQ(refusal(".engine STORE\nSET count, 1\nRUN\nHALT"),
              "p: STORE instruction 1: len is 0, expected 8..134217720");
    const isa::Program p = isa::assemble(".config rows=4\n", "t");
    MemoryImage dram;
    EXPECT_THROW(FunctionalSat(isa::ArrayConfig()).run(p, dram), InputError);
    isa::ArrayConfig huge;
    huge.rows = 256, huge.channels = 16, huge.west_lines = 65536;
    EXPECT_THROW(FunctionalSat{huge}, InputError);
}

class RecordingUnit : public functional::VectorUnit {
  public:
    void execute(const functional::Operation& op, functional::OnChipState& state) override {
        ++operations;
        state.vmem[0] = static_cast<std::uint64_t>(op[20]);
    }
    int operations = 0;
};

TEST(FunctionalSat, HandsVectorOperationsToTheUnit) {
    const isa::Program p = isa::assemble(
        ".engine VEC\nSET r20, 42\nLOOP 3\nRUN end=sem1\nEND\nHALT\n"
        ".engine STORE\nWAIT sem1, 3\nSET base, 64\nSET len, 8\nSET grid_w, 1\nSET grid_h, 1\nSET count, "
        "1\nSET src_kind, 1\n"
        "RUN SEEK\nHALT",
        "t");
    RecordingUnit unit;
    MemoryImage dram;
    FunctionalSat(p.config, &unit).run(p, dram);
    EXPECT_EQ(unit.operations, 3);
    std::array<std::uint8_t, 8> bytes{};
    dram.read(64, bytes);
    EXPECT_EQ(bytes[0], 42);
}

TEST(FunctionalSat, PlacesSegmentsAndInstructionsInMemory) {
    isa::Program p = isa::assemble(".address 512\n.engine LOAD\nHALT", "t");
    p.image = {{100, {1, 2, 3}}, {101, {9}}};
    MemoryImage dram;
    FunctionalSat(p.config).run(p, dram);
    std::array<std::uint8_t, 3> bytes{};
    dram.read(100, bytes);
    EXPECT_EQ(bytes, (std::array<std::uint8_t, 3>{1, 9, 3}));
    const std::vector<std::uint8_t> image = isa::fetch_image(p);
    std::vector<std::uint8_t> placed(image.size());
    dram.read(512, placed);
    EXPECT_EQ(placed, image);
}

// Registers and loops as the sequencer has them: XOR, ADDR, wrapping at 40 bits, nested loops.
TEST(FunctionalSat, RegisterInstructions) {
    const isa::Program p = isa::assemble(
        ".engine STORE\nSET len, 8\nSET grid_w, 1\nSET grid_h, 1\nSET count, 1\nSET src_kind, 2\n"
        "SET r20, 549755813887\nADD r20, r20, 1\nADDR r21, r20, r20\n"  // 2^39 - 1 + 1 = -2^39; twice that is
                                                                        // 0
        "LOOP 3\nXOR r22, r22, 4096\nLOOP 2\nADD r21, r21, 8\nEND\nEND\n"
        "ADDR base, r21, r22\nRUN SEEK\nHALT",
        "t");
    MemoryImage dram;
    const std::array<std::uint8_t, 24> ones{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                            1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    dram.write(4096 + 40, ones);
    FunctionalSat(p.config).run(p, dram);
    std::array<std::uint8_t, 24> after{};
    dram.read(4096 + 40, after);
    std::array<std::uint8_t, 24> expected = ones;
    std::fill_n(expected.begin() + 8, 8, std::uint8_t{0});  // 4096 + 6 * 8
    EXPECT_EQ(after, expected);
}

}  // namespace
}  // namespace satsim
