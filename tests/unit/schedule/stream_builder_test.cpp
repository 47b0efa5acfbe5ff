// Streams without needless instructions leave the same values in registers at every operation.
#include "runtime/schedule/stream_builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace satsim::schedule {
namespace {

using Registers = std::array<std::int64_t, isa::kRegisters>;
using Trace = std::vector<Registers>;  // at each RUN

// Follows a stream of control instructions.
Trace follow(const std::vector<isa::Instruction>& stream) {
    struct Loop {
        std::size_t first;
        std::int64_t left;
    };
    Trace trace;
    Registers registers{};
    std::vector<Loop> loops;
    for (std::size_t pc = 0; pc < stream.size(); ++pc) {
        const auto& [opcode, rd, rs, imm] = stream[pc];
        switch (opcode) {
            case isa::Opcode::Set:
                registers[rd] = imm;
                break;
            case isa::Opcode::Add:
                registers[rd] = registers[rs] + imm;
                break;
            case isa::Opcode::Xor:
                registers[rd] = registers[rs] ^ imm;
                break;
            case isa::Opcode::Run:
                trace.push_back(registers);
                break;
            case isa::Opcode::Loop:
                loops.push_back({pc, imm});
                break;
            case isa::Opcode::End:
                if (--loops.back().left > 0)
                    pc = loops.back().first;
                else
                    loops.pop_back();
                break;
            default:
                break;
        }
    }
    return trace;
}

// What a random body of sets, sums, toggles and nested loops does, and its stream.
class RandomBody {
  public:
    explicit RandomBody(std::uint64_t seed) : rng_(seed) {}

    void emit(int depth) {
        const auto length = pick(1, 8);
        for (std::int64_t i = 0; i < length; ++i) {
            const int reg = static_cast<int>(pick(0, 3));
            switch (pick(0, depth > 0 ? 5 : 4)) {
                case 0:
                    set(reg, pick(0, 2));
                    break;
                case 1:
                    add(reg, static_cast<int>(pick(0, 3)), pick(-1, 1));
                    break;
                case 2:
                    toggle(reg, pick(0, 1) * 4);
                    break;
                case 5:
                    loop(pick(0, 3), depth - 1);
                    break;
                default:
                    run();
                    break;
            }
        }
    }

    StreamBuilder builder;
    std::vector<isa::Instruction> plain;  // everything that was asked for

  private:
    std::int64_t pick(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(rng_);
    }
    void push(isa::Opcode opcode, int rd, int rs, std::int64_t imm) {
        plain.push_back({opcode, static_cast<std::uint8_t>(rd), static_cast<std::uint8_t>(rs), imm});
    }
    void set(int reg, std::int64_t value) {
        builder.set(reg, value);
        push(isa::Opcode::Set, reg, 0, value);
    }
    void add(int reg, int source, std::int64_t value) {
        builder.add(reg, source, value);
        push(isa::Opcode::Add, reg, source, value);
    }
    void toggle(int reg, std::int64_t distance) {
        builder.toggle(reg, distance);
        push(isa::Opcode::Xor, reg, reg, distance);
    }
    void run() {
        builder.run({});
        push(isa::Opcode::Run, 0, 0, 0);
    }
    void loop(std::int64_t count, int depth) {
        builder.loop(count, [&] {
            if (count > 1) push(isa::Opcode::Loop, 0, 0, count);
            emit(depth);
            if (count > 1) push(isa::Opcode::End, 0, 0, 0);
        });
    }

    std::mt19937_64 rng_;
};

TEST(StreamBuilder, LeavesOutOnlyWhatChangesNothing) {
    std::size_t asked = 0;
    std::size_t written = 0;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        RandomBody body(seed);
        body.emit(3);
        asked += body.plain.size();
        const std::vector<isa::Instruction> stream = body.builder.take();
        written += stream.size();
        ASSERT_EQ(follow(stream), follow(body.plain)) << "seed " << seed;
    }
    EXPECT_LT(written, asked * 9 / 10);
}

TEST(StreamBuilder, KnowsWhatRegistersHold) {
    StreamBuilder b;
    b.set(1, 7);
    b.set(1, 7);  // held
    b.add(2, 1, 3);
    b.set(2, 10);  // held
    b.toggle(2, 3);
    b.set(2, 9);  // held
    b.loop(2, [&] {
        b.set(1, 7);  // the body's end may have left something else
        b.add(1, 1, 1);
    });
    b.set(2, 9);  // the same
    EXPECT_EQ(b.take().size(), 8U);
}

}  // namespace
}  // namespace satsim::schedule
