#include "runtime/isa/assembler.hpp"

#include <gtest/gtest.h>

#include "runtime/support/error.hpp"
#include "tests/unit/isa/random_program.hpp"

namespace satsim::isa {
namespace {

// Flags are named by their place in the definition's list.
static_assert(load::kSeek == 1U && load::kAdvance == 2U && stce::kWs == 1U << 5 && store::kFp16 == 1U << 2);

TEST(Assembler, RoundTripIsExact) {
    RandomProgram random(2);
    for (int i = 0; i < 300; ++i) {
        Program p = random.any();
        p.image.clear();  // the text does not show it
        EXPECT_EQ(assemble(disassemble(p), "p"), p);
    }
}

TEST(Assembler, TextUsesTheDefinitionsNames) {
    const std::string text =
        ".semaphore 1 2\n"
        ".engine LOAD\n"
        "  SET base, 0x100   ; a comment\n"
        "  LOOP 3\n"
        "    WAIT sem1, 1\n"
        "    RUN SEEK|ADVANCE early0=sem4 end=sem2\n"
        "    ADD r24, r24, -8\n"
        "    ADDR dest, r24, base\n"
        "  END\n"
        "  HALT";
    const Program p = assemble(text, "t");
    EXPECT_EQ(p.semaphores[1], 2);
    const std::vector<Instruction> expected = {{Opcode::Set, load::base, 0, 256},
                                               {Opcode::Loop, 0, 0, 3},
                                               {Opcode::Wait, 1, 0, 1},
                                               {Opcode::Run, 0, 0, encode_run({4, -1, 2, 3})},
                                               {Opcode::Add, 24, 24, -8},
                                               {Opcode::Addr, load::dest, 24, load::base},
                                               {Opcode::End, 0, 0, 0},
                                               {Opcode::Halt, 0, 0, 0}};
    EXPECT_EQ(p.streams[0], expected);
    EXPECT_NE(disassemble(p).find("        RUN SEEK|ADVANCE early0=sem4 end=sem2\n"), std::string::npos)
        << disassemble(p);
}

TEST(Assembler, EveryFaultNamesItsLine) {
    const auto refusal = [](const std::string& text) -> std::string {
        try {
            static_cast<void>(assemble(text, "t.s"));
            return "";
        } catch (const InputError& error) {
            return error.what();
        }
    };
    const std::string head = ".engine LOAD\n";
    EXPECT_EQ(refusal("HALT"), "t.s:1: an instruction before the first .engine");
    EXPECT_EQ(refusal(".engine GEMM"), "t.s:1: engine 'GEMM' does not exist");
    EXPECT_EQ(refusal(".semaphore 16 1"), "t.s:1: 16 is outside 0..15");
    EXPECT_EQ(refusal(".semaphore 1 x"), "t.s:1: 'x' is no number");
    EXPECT_EQ(refusal(".address 1"), "t.s: .address 1 is no line of the memory");
    EXPECT_EQ(refusal(".config rows=0"), "t.s: .config: rows is 0, expected 1..256");
    EXPECT_EQ(refusal(".config width=1"), "t.s:1: configuration has no 'width'");
    EXPECT_EQ(refusal(".data 1"), "t.s:1: directive '.data' does not exist");
    EXPECT_EQ(refusal(head + "NOP"), "t.s:2: instruction 'NOP' does not exist");
    EXPECT_EQ(refusal(head + "SET wa, 1"), "t.s:2: LOAD has no register 'wa'");
    EXPECT_EQ(refusal(head + "SET r32, 1"), "t.s:2: LOAD has no register 'r32'");
    EXPECT_EQ(refusal(head + "SET base"), "t.s:2: '' is no number");
    EXPECT_EQ(refusal(head + "SET base, 549755813888"),
              "t.s:2: 549755813888 is outside -549755813888..549755813887");
    EXPECT_EQ(refusal(head + "SET base, 1, 2"), "t.s:2: '2' is too much after SET");
    EXPECT_EQ(refusal(head + "LOOP 0"), "t.s:2: LOOP 0 times, expected at least 1");
    EXPECT_EQ(refusal(head + "WAIT 1, 1"), "t.s:2: '1' is no semaphore (sem0..sem15)");
    EXPECT_EQ(refusal(head + "WAIT sem1, 256"), "t.s:2: WAIT of 256 tokens, expected 1..255");
    EXPECT_EQ(refusal(head + "RUN LAST"), "t.s:2: LOAD has no flag 'LAST'");
    EXPECT_EQ(refusal(head + "RUN late=sem1"), "t.s:2: RUN has no token 'late' (early0, early1, end)");
    EXPECT_EQ(refusal(head + "HALT now"), "t.s:2: 'now' is too much after HALT");
}

TEST(Assembler, MalformedProgramIsNotDisassembled) {
    Program p;
    p.streams[0] = {{Opcode::Halt, 1, 0, 0}};
    EXPECT_THROW(static_cast<void>(disassemble(p)), std::logic_error);
}

}  // namespace
}  // namespace satsim::isa
