// The whole core through its harness, on programs that need no array: copies through the vector memory with
// LOAD, STORE and tokens, against the cycle model (every start, release and end) and a plain copy (every
// byte). And the errors.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "runtime/support/error.hpp"
#include "sim/cycle/cycle_sat.hpp"
#include "sim/rtl/rtl_sat.hpp"
#include "tests/unit/rtl_memory/bench.hpp"

namespace satsim::rtl_bench {
namespace {

using isa::Instruction;
using isa::Opcode;

constexpr Cycles kLimit = 1'000'000;
constexpr std::int64_t kSource = 1 << 20;  // byte addresses of the data in DRAM
constexpr std::int64_t kDestination = 2 << 20;

Instruction set(int reg, std::int64_t value) {
    return {Opcode::Set, static_cast<std::uint8_t>(reg), 0, value};
}
Instruction run(const isa::RunFields& fields) {
    return {Opcode::Run, 0, 0, isa::encode_run(fields)};
}
Instruction wait(int semaphore) {
    return {Opcode::Wait, static_cast<std::uint8_t>(semaphore), 0, 1};
}

// A copy of `positions` times `words` words, `in_pitch` bytes apart in the source, `out_pitch` in the
// destination.
struct Copy {
    std::int64_t words = 1;
    std::int64_t per_tile = 1;
    std::int64_t tiles = 1;
    std::int64_t in_pitch = 8;
    std::int64_t out_pitch = 8;
    std::int64_t offset = 0;  // bytes from the start of both regions
    [[nodiscard]] std::int64_t positions() const { return per_tile * tiles; }
};

Copy random_copy(const isa::ArrayConfig& config, Random& random) {
    Copy copy;
    copy.words = random(1, 3 * config.line_words());
    copy.per_tile =
        random(1, std::min<std::int64_t>(40, config.vmem_lines / 2 * config.line_words() / copy.words));
    copy.tiles = random(1, 12);
    copy.in_pitch = 8 * (copy.words + (random.chance(50) ? 0 : random(0, 20)));
    copy.out_pitch = 8 * (copy.words + (random.chance(50) ? 0 : random(0, 20)));
    copy.offset = 8 * random(0, 30);
    return copy;
}

// Tiles go through the two halves of the vector memory: semaphore 0 counts full halves, 1 free ones, 2 ends.
isa::Program copy_program(const isa::ArrayConfig& config, const Copy& copy) {
    namespace load = isa::load;
    namespace store = isa::store;
    const std::int64_t half = config.vmem_lines / 2 * config.line_words();
    isa::Program program;
    program.config = config;
    program.address = 5 * config.line_bytes();
    program.semaphores[1] = 2;
    const Instruction end_loop{Opcode::End, 0, 0, 0};
    const Instruction halt{Opcode::Halt, 0, 0, 0};
    const Instruction loop{Opcode::Loop, 0, 0, copy.tiles};
    program.streams[static_cast<std::size_t>(isa::Engine::Load)] = {
        set(load::base, kSource + copy.offset),
        set(load::len, 8 * copy.words),
        set(load::px, copy.in_pitch),
        set(load::grid_w, 1 << 20),
        set(load::grid_h, 1),
        set(load::sx, 1),
        set(load::sy, 1),
        set(load::in_w, 1 << 20),
        set(load::in_h, 1),
        set(load::count, copy.per_tile),
        set(load::dest_kind, 4),
        loop,
        wait(1),
        run({.push_early0 = -1, .push_early1 = -1, .push_end = 0, .flags = load::kAdvance}),
        {Opcode::Xor, load::dest, load::dest, half},
        end_loop,
        halt};
    program.streams[static_cast<std::size_t>(isa::Engine::Store)] = {
        set(store::base, kDestination + copy.offset),
        set(store::len, 8 * copy.words),
        set(store::px, copy.out_pitch),
        set(store::grid_w, 1 << 20),
        set(store::grid_h, 1),
        set(store::count, copy.per_tile),
        set(store::src_kind, 1),
        loop,
        wait(0),
        run({.push_early0 = 1, .push_early1 = -1, .push_end = 2, .flags = store::kAdvance}),
        {Opcode::Xor, store::src, store::src, half},
        end_loop,
        halt};
    program.streams[static_cast<std::size_t>(isa::Engine::Vec)] = {loop, wait(2), end_loop, halt};
    return program;
}

void put(MemoryImage& image, std::int64_t address, std::uint64_t value) {
    std::array<std::uint8_t, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
    image.write(address, bytes);
}

void fill_source(MemoryImage& image, const Copy& copy) {
    const std::int64_t end = kSource + copy.offset + copy.positions() * copy.in_pitch + 8;
    for (std::int64_t a = kSource; a < end; a += 8) put(image, a, word_at(a));
}

MemoryImage expected_memory(const isa::Program& program, const Copy& copy) {
    MemoryImage expected;
    expected.write(program.address, isa::fetch_image(program));
    fill_source(expected, copy);
    for (std::int64_t i = 0; i < copy.positions(); ++i) {
        for (std::int64_t t = 0; t < copy.words; ++t) {
            put(expected, kDestination + copy.offset + i * copy.out_pitch + 8 * t,
                word_at(kSource + copy.offset + i * copy.in_pitch + 8 * t));
        }
    }
    return expected;
}

void copies(const isa::ArrayConfig& config, std::uint64_t seeds) {
    sim::rtl::RtlSat rtl(config);
    cycle::CycleSat cycle;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Random random(seed);
        const Copy copy = random_copy(config, random);
        const isa::Program program = copy_program(config, copy);
        const dram::MemoryConfig memory = random_memory(random, config.channels);
        MemoryImage dram;
        fill_source(dram, copy);
        rtl.set_seed(static_cast<int>(seed));
        const Execution verilated = rtl.run(program, dram, memory, kLimit);
        EXPECT_EQ(MemoryImage::first_difference(dram, expected_memory(program, copy)), -1);
        cycle::RunOptions options;
        options.memory = memory;
        options.record_operations = true;
        const Execution modelled = cycle.run(program, options);
        EXPECT_EQ(verilated.start, modelled.start);
        EXPECT_EQ(verilated.end, modelled.end);
        EXPECT_EQ(verilated.operations, modelled.operations);
        EXPECT_EQ(verilated.busy, modelled.busy);
        EXPECT_EQ(verilated.memory, modelled.memory);
        EXPECT_EQ(verilated.counters, modelled.counters);
        if (::testing::Test::HasFailure()) return;
    }
}

TEST(RtlCore, CopiesThinSlice) {
    copies(sim::rtl::thin_slice(), 300);
}

TEST(RtlCore, CopiesEightByEight) {
    copies(sim::rtl::eight_by_eight(), 300);
}

// The text of the error that a program ends with.
std::string error_of(const isa::Program& program) {
    sim::rtl::RtlSat rtl(program.config);
    MemoryImage dram;
    dram::MemoryConfig memory;
    memory.kind = dram::MemoryKind::Ideal;
    try {
        (void)rtl.run(program, dram, memory, 5000);
    } catch (const sim::rtl::RtlError& error) {
        return error.what();
    }
    return "";
}

TEST(RtlCore, ErrorsNameEngineAndInstruction) {
    isa::Program program;
    program.config = sim::rtl::thin_slice();
    auto& vec = program.streams[static_cast<std::size_t>(isa::Engine::Vec)];
    vec = {set(isa::vec::op, static_cast<std::int64_t>(isa::vec::kOperations.size())),
           set(1, 64),
           run({}),
           {Opcode::Halt, 0, 0, 0}};
    EXPECT_NE(error_of(program).find("VEC instruction 2: a vector operation that does not exist"),
              std::string::npos)
        << error_of(program);
    vec = {set(0, 1), {Opcode::End, 0, 0, 0}, {Opcode::Halt, 0, 0, 0}};
    EXPECT_NE(error_of(program).find("VEC instruction 1: illegal"), std::string::npos) << error_of(program);
    vec = {wait(3), {Opcode::Halt, 0, 0, 0}};
    EXPECT_NE(error_of(program).find("has not ended after 5000 cycles"), std::string::npos)
        << error_of(program);
    vec = {{Opcode::Post, 3, 0, 255}, {Opcode::Post, 3, 0, 1}, wait(4), {Opcode::Halt, 0, 0, 0}};
    EXPECT_NE(error_of(program).find("VEC instruction 1: a semaphore passed 255"), std::string::npos)
        << error_of(program);
    vec.clear();
    EXPECT_EQ(error_of(program), "");
}

TEST(RtlCore, RefusesConfigurationsThatWereNotBuilt) {
    isa::ArrayConfig config = sim::rtl::thin_slice();
    config.rows = 16;
    EXPECT_THROW(sim::rtl::RtlSat{config}, InputError);
    isa::Program program;
    program.config = config;
    MemoryImage dram;
    EXPECT_THROW((void)sim::rtl::RtlSat(sim::rtl::thin_slice()).run(program, dram, {}, 10), InputError);
}

}  // namespace
}  // namespace satsim::rtl_bench
