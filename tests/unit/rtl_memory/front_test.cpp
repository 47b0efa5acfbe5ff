// rtl/fetch.sv, rtl/sequencer.sv and rtl/semaphores.sv against contract.md §2 and §3: every request, RUN,
// HALT and stalled instruction, in its cycle.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "Vfront_bench_large.h"
#include "Vfront_bench_thin.h"
#include "runtime/isa/instruction.hpp"
#include "tests/unit/rtl_memory/bench.hpp"
#include "tests/unit/rtl_memory/verilate.hpp"

namespace satsim::rtl_bench {
namespace {

using isa::Instruction;
using isa::Opcode;
using Stream = std::vector<Instruction>;
using Streams = std::array<Stream, isa::kEngines>;

struct Sizes {
    int channels, burst, lines, instructions;
};

// §2's image: header line, then each stream from a line boundary; 8-byte words.
std::vector<std::uint64_t> image(const Sizes& sizes, const Streams& streams,
                                 const std::array<std::uint8_t, isa::kSemaphores>& semaphores) {
    const auto line_words = static_cast<std::size_t>(8 * sizes.channels);
    std::vector<std::uint64_t> words(line_words, 0);
    words[0] = std::uint64_t{0x5A7} << 32 | isa::kDigest;
    for (std::size_t e = 0; e < streams.size(); ++e)
        words[1] |= static_cast<std::uint64_t>(streams[e].size()) << (16 * e);
    for (std::size_t s = 0; s < semaphores.size(); ++s) {
        words[2 + s / 8] |= static_cast<std::uint64_t>(semaphores[s]) << (8 * (s % 8));
    }
    for (const Stream& stream : streams) {
        for (const Instruction& instruction : stream) words.push_back(isa::encode(instruction));
        while (words.size() % line_words != 0) words.push_back(0);
    }
    return words;
}

// A loop nest of `length` instructions or a few more. Streams stall on each other; a semaphore has one
// consumer.
void random_block(Random& random, Stream& stream, std::size_t length, int depth, std::size_t engine) {
    const auto reg = [&] { return static_cast<std::uint8_t>(random(0, isa::kRegisters - 1)); };
    const auto semaphore = [&] { return static_cast<std::uint8_t>(random(0, isa::kSemaphores - 1)); };
    const auto imm = [&] { return random(-(std::int64_t{1} << 39), (std::int64_t{1} << 39) - 1); };
    const std::size_t end = stream.size() + length;
    while (stream.size() < end) {
        switch (random(0, 11)) {
            case 0:
            case 1:
                stream.push_back({Opcode::Set, reg(), 0, imm()});
                break;
            case 2:
                stream.push_back({Opcode::Add, reg(), reg(), imm()});
                break;
            case 3:
                stream.push_back({Opcode::Addr, reg(), reg(), random(0, isa::kRegisters - 1)});
                break;
            case 4:
                stream.push_back({Opcode::Xor, reg(), reg(), imm()});
                break;
            case 5:
            case 6:
                stream.push_back({Opcode::Post, semaphore(), 0, random(1, 3)});
                break;
            case 7:
                stream.push_back({Opcode::Wait,
                                  static_cast<std::uint8_t>(4 * random(0, 3) + static_cast<int>(engine)), 0,
                                  random(1, 3)});
                break;
            case 8:
            case 9:
                stream.push_back({Opcode::Run, 0, 0, random(0, (std::int64_t{1} << 32) - 1)});
                break;
            default:
                if (depth == isa::kLoopDepth) break;
                stream.push_back({Opcode::Loop, 0, 0, random(1, 3)});
                random_block(random, stream, static_cast<std::size_t>(random(0, 5)), depth + 1, engine);
                stream.push_back({Opcode::End, 0, 0, 0});
        }
    }
}

// One sequencer of §3.
struct Engine {
    Stream stream;
    std::array<std::int64_t, isa::kRegisters> registers{};
    std::vector<std::pair<std::size_t, std::int64_t>> loops;  // first instruction, iterations left
    std::size_t pc = 0;
    bool running = false;
};

struct Events {
    bool run = false;  // a RUN stands
    bool halt = false;
    bool error = false;
};

// What engine `engine` does in a cycle with semaphores `now`; changes of semaphores go to `next`.
Events step(Engine& engine, bool ready, const std::array<int, isa::kSemaphores>& now,
            std::array<int, isa::kSemaphores>& next) {
    Events events;
    if (!engine.running) return events;
    if (engine.pc >= engine.stream.size()) {
        events.error = true;
        engine.running = false;
        return events;
    }
    const Instruction& at = engine.stream[engine.pc];
    auto& registers = engine.registers;
    std::size_t following = engine.pc + 1;
    switch (at.opcode) {
        case Opcode::Halt:
            events.halt = true;
            engine.running = false;
            return events;
        case Opcode::Set:
            registers[at.rd] = at.imm;
            break;
        case Opcode::Add:
            registers[at.rd] = isa::wrap_register(registers[at.rs] + at.imm);
            break;
        case Opcode::Addr:
            registers[at.rd] =
                isa::wrap_register(registers[at.rs] + registers[static_cast<std::size_t>(at.imm)]);
            break;
        case Opcode::Xor:
            registers[at.rd] = isa::wrap_register(registers[at.rs] ^ at.imm);
            break;
        case Opcode::Loop:
            if (engine.loops.size() == isa::kLoopDepth) {
                events.error = true;
                engine.running = false;
                return events;
            }
            engine.loops.emplace_back(following, at.imm);
            break;
        case Opcode::End:
            if (engine.loops.empty()) {
                events.error = true;
                engine.running = false;
                return events;
            }
            if (--engine.loops.back().second > 0) {
                following = engine.loops.back().first;
            } else {
                engine.loops.pop_back();
            }
            break;
        case Opcode::Wait:
            if (now[at.rd] < at.imm) return events;
            next[at.rd] -= static_cast<int>(at.imm);
            break;
        case Opcode::Post:
            next[at.rd] += static_cast<int>(at.imm);
            break;
        case Opcode::Run:
            events.run = true;
            if (!ready) return events;
            break;
    }
    engine.pc = following;
    return events;
}

struct Expected {
    Cycles halts = 0;
    Cycles errors = 0;
};

template <typename Model>
Expected compare(const Sizes& sizes, std::uint64_t seed, const Streams& streams, Cycles limit,
                 Random& random) {
    const int line_words = 8 * sizes.channels;
    std::array<std::uint8_t, isa::kSemaphores> initial{};
    for (auto& value : initial) value = static_cast<std::uint8_t>(random(0, 20));
    const std::vector<std::uint64_t> words = image(sizes, streams, initial);
    const std::int64_t base_line = random(0, 1000);
    const dram::MemoryConfig config = random_memory(random, sizes.channels);
    const auto memory = dram::make_memory(config);
    const auto model_memory = dram::make_memory(config);

    // §2 ahead of time: requests and pops of the fetch.
    struct Request {
        Cycles at;
        std::int64_t line;
        int lines;
    };
    std::vector<Request> requests;
    std::vector<Cycles> pops;
    const auto total = static_cast<std::int64_t>(words.size()) / line_words;
    Cycles handshake = 0;
    for (std::int64_t line = 0; line < total;) {
        const std::int64_t at = base_line + line;
        const int lines =
            line == 0 ? 1 : static_cast<int>(std::min(total - line, sizes.burst - at % sizes.burst));
        if (line == 1) handshake = pops[0] + 1;
        if (line > 1) ++handshake;
        const std::int64_t must_be_popped =
            line + lines - sizes.lines - 1;  // index of the last line to be popped
        if (must_be_popped >= 0) {
            handshake = std::max(handshake, pops[static_cast<std::size_t>(must_be_popped)] + 1);
        }
        requests.push_back({handshake, at, lines});
        std::vector<Cycles> arrival(static_cast<std::size_t>(lines));
        model_memory->read(handshake, at, arrival);
        for (const Cycles a : arrival) pops.push_back(std::max(pops.empty() ? 0 : pops.back() + 1, a + 1));
        line += lines;
    }
    const Cycles start = pops.back() + 1;

    std::array<Engine, isa::kEngines> engines;
    for (std::size_t e = 0; e < engines.size(); ++e) engines[e].stream = streams[e];
    std::array<int, isa::kSemaphores> semaphores{};
    std::copy(initial.begin(), initial.end(), semaphores.begin());

    const auto verilated = verilate<Model>(static_cast<int>(seed % 1000000) + 1);
    Model& dut = verilated->model;
    const auto edge = [&] {
        dut.clk_i = 1;
        dut.eval();
        dut.clk_i = 0;
    };
    dut.clk_i = 0;
    dut.rst_ni = 0;
    dut.start_i = dut.r_valid_i = 0;
    dut.push_valid_i = 0;
    dut.eval();
    edge();
    edge();
    dut.rst_ni = 1;

    LinesUnderWay lines;
    Expected seen;
    std::size_t next_request = 0;
    bool overflow = false;  // of a semaphore, in the cycle before
    for (Cycles now = 0; now < start + limit; ++now) {
        dut.start_i = now == 0;
        dut.start_line_i = static_cast<std::remove_reference_t<decltype(dut.start_line_i)>>(base_line);
        dut.r_valid_i = 0;
        if (!lines.lines.empty() && lines.lines.front().at == now) {
            const auto from = words.begin() + (lines.lines.front().line - base_line) * line_words;
            set_words(dut.r_data_i, {from, from + line_words});
            dut.r_valid_i = 1;
            lines.lines.pop_front();
        }
        dut.op_ready_i = static_cast<std::uint8_t>(random(0, 15));
        std::array<int, isa::kSemaphores> next = semaphores;
        dut.push_valid_i = 0;
        dut.push_semaphore_i = 0;
        for (int p = 0; p < 12; ++p) {
            const auto s = static_cast<std::uint64_t>(random(0, isa::kSemaphores - 1));
            dut.push_semaphore_i |= s << (4 * p);
            if (now < start || !random.chance(3)) continue;
            dut.push_valid_i = static_cast<std::uint16_t>(dut.push_valid_i | 1U << p);
            ++next[s];
        }
        dut.eval();
        const bool asks = next_request < requests.size() && requests[next_request].at == now;
        EXPECT_EQ(dut.ar_valid_o, asks) << "cycle " << now << " seed " << seed;
        if (dut.ar_valid_o != asks) return seen;
        if (asks) {
            const Request& request = requests[next_request++];
            EXPECT_EQ(static_cast<std::int64_t>(dut.ar_line_o), request.line);
            EXPECT_EQ(static_cast<int>(dut.ar_lines_o), request.lines);
            lines.request(*memory, now, request.line, request.lines);
        }
        EXPECT_EQ(dut.go_o, now == start - 1) << "cycle " << now;
        EXPECT_EQ(dut.fetch_error_o, 0);
        if (now == start) {
            for (Engine& engine : engines) engine.running = !engine.stream.empty();
        }
        EXPECT_EQ(dut.overflow_o, overflow) << "cycle " << now;  // known in the cycle after
        if (overflow) return seen;
        for (std::size_t e = 0; e < engines.size(); ++e) {
            const auto bit = [&](auto signal) { return ((signal >> e) & 1) != 0; };
            Engine& engine = engines[e];
            const bool running = engine.running;
            const std::size_t pc = engine.pc;
            const auto registers = engine.registers;
            const Events events = step(engine, bit(dut.op_ready_i), semaphores, next);
            seen.halts += events.halt;
            seen.errors += events.error;
            bool same = bit(dut.op_valid_o) == events.run && bit(dut.halt_o) == events.halt &&
                        bit(dut.error_o) == events.error && bit(dut.idle_o) == !running;
            if (running) same = same && ((dut.pc_o >> (16 * e)) & 0xFFFF) == pc;
            if (events.run) {
                for (int r = 0; r < isa::kRegisters; ++r) {
                    const std::uint64_t value =
                        bits(dut.op_params_o, static_cast<int>(e) * 1280 + 40 * r, 40);
                    const auto expected = static_cast<std::uint64_t>(registers[static_cast<std::size_t>(r)]);
                    same = same && value == (expected & ((std::uint64_t{1} << 40) - 1));
                }
                const auto fields = static_cast<std::uint64_t>(engine.stream[pc].imm);
                same = same && ((dut.op_flags_o >> (16 * e)) & 0xFFFF) == ((fields >> 16) & 0xFFFF);
                same = same && ((dut.op_tokens_o >> (15 * e)) & 0x7FFF) == (fields & 0x7FFF);
            }
            EXPECT_TRUE(same) << "engine " << e << " cycle " << now << " pc " << pc << " seed " << seed;
            if (!same) return seen;
        }
        for (const int value : next) overflow = overflow || value > isa::kSemaphoreMax;
        semaphores = next;
        edge();
    }
    return seen;
}

template <typename Model>
void random_programs(const Sizes& sizes, std::uint64_t first_seed, std::uint64_t seeds) {
    Expected all;
    for (std::uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
        Random random(seed);
        Streams streams;
        for (std::size_t e = 0; e < streams.size(); ++e) {
            Stream& stream = streams[e];
            if (random.chance(10)) continue;
            const std::int64_t longest = random.chance(30) ? 300 : 40;
            random_block(random, stream, static_cast<std::size_t>(random(0, longest)), 0, e);
            if (random.chance(10)) {  // a fault; otherwise the stream halts
                if (random.chance(50)) stream.push_back({Opcode::End, 0, 0, 0});
                if (random.chance(50)) {
                    for (int i = 0; i <= isa::kLoopDepth; ++i) stream.push_back({Opcode::Loop, 0, 0, 1});
                }
                if (stream.empty()) stream.push_back({Opcode::Set, 0, 0, 1});
            } else {
                stream.push_back({Opcode::Halt, 0, 0, 0});
            }
        }
        const Expected seen = compare<Model>(sizes, seed, streams, 1500, random);
        all.halts += seen.halts;
        all.errors += seen.errors;
        if (::testing::Test::HasFailure()) return;
    }
    EXPECT_GT(all.halts, static_cast<Cycles>(seeds));
    EXPECT_GT(all.errors, 5);
}

TEST(RtlFront, RandomProgramsThinSlice) {
    random_programs<Vfront_bench_thin>({1, 16, 64, 1024}, 1, 200);
}

TEST(RtlFront, RandomProgramsFourChannels) {
    random_programs<Vfront_bench_large>({4, 16, 64, 4096}, 1, 100);
}

TEST(RtlFront, FullInstructionMemory) {
    Random random(7);
    Streams streams;
    for (Stream& stream : streams) {
        for (int i = 0; i < 1023; ++i)
            stream.push_back({Opcode::Add, static_cast<std::uint8_t>(i % 32), 1, i});
        stream.push_back({Opcode::Halt, 0, 0, 0});
    }
    EXPECT_EQ(compare<Vfront_bench_thin>({1, 16, 64, 1024}, 7, streams, 1100, random).halts, 4);
    for (Stream& stream : streams) stream.back() = {Opcode::Set, 0, 0, 0};  // runs over the end of the memory
    EXPECT_EQ(compare<Vfront_bench_thin>({1, 16, 64, 1024}, 7, streams, 1100, random).errors, 4);
}

}  // namespace
}  // namespace satsim::rtl_bench
