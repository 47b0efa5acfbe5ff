// Random programs of the usual form: LOAD fills two double-buffered operands, STCE multiplies, STORE drains.
#pragma once

#include "runtime/isa/program.hpp"
#include "tests/unit/cycle/random_memory.hpp"
#include "tests/unit/cycle/scattered_pitch.hpp"

namespace satsim::cycle {

class StreamWriter {
  public:
    explicit StreamWriter(std::vector<isa::Instruction>& stream) : stream_(stream) {}
    void set(int rd, std::int64_t value) { emit(isa::Opcode::Set, rd, 0, value); }
    void add(int rd, std::int64_t value) { emit(isa::Opcode::Add, rd, rd, value); }
    void toggle(int rd, std::int64_t value) { emit(isa::Opcode::Xor, rd, rd, value); }
    void loop(std::int64_t count) { emit(isa::Opcode::Loop, 0, 0, count); }
    void end() { emit(isa::Opcode::End, 0, 0, 0); }
    void wait(int semaphore, std::int64_t tokens = 1) { emit(isa::Opcode::Wait, semaphore, 0, tokens); }
    void post(int semaphore, std::int64_t tokens = 1) { emit(isa::Opcode::Post, semaphore, 0, tokens); }
    void run(std::uint32_t flags, int early0, int early1, int end) {
        emit(isa::Opcode::Run, 0, 0, isa::encode_run({early0, early1, end, flags}));
    }
    void halt() { emit(isa::Opcode::Halt, 0, 0, 0); }

  private:
    void emit(isa::Opcode opcode, int rd, int rs, std::int64_t imm) {
        stream_.push_back({opcode, static_cast<std::uint8_t>(rd), static_cast<std::uint8_t>(rs), imm});
    }
    std::vector<isa::Instruction>& stream_;
};

// Operations one after the other, some of which wait for the release or end of an earlier one.
inline void vector_stream(Random& random, isa::Program& program, std::int64_t operations) {
    StreamWriter v(program.streams[2]);
    v.set(isa::vec::op, pick(random, 0, static_cast<std::int64_t>(isa::vec::kOperations.size()) - 1));
    v.set(isa::vec::rows, pick(random, 1, 40));
    v.set(isa::vec::channels, pick(random, 1, 150));
    if (pick(random, 0, 1) == 0) v.set(isa::vec::nm_f, pick(random, 0, 1) == 0 ? 0x0802 : 0x0404);
    if (pick(random, 0, 1) == 0) v.set(isa::vec::nm_b, 0x0804);
    program.semaphores[8] = 1;
    program.semaphores[9] = 2;
    v.loop(operations);
    v.wait(8);
    v.wait(9);
    v.add(isa::vec::rows, 1);
    v.run(0, 8, -1, 9);
    v.end();
    v.halt();
}

// Semaphores: 0 west free, 1 west full, 2 north free, 3 north full, 4 result free, 5 result full, 6 stored
// (STORE to LOAD, not always), 7 STCE's own (WS).
inline isa::Program random_program(Random& random, std::int64_t most_tiles = 6) {
    namespace load = isa::load;
    namespace stce = isa::stce;
    namespace store = isa::store;
    isa::Program program;
    isa::ArrayConfig& config = program.config;
    config = random_sizes(random);
    config.rows = 4 << pick(random, 0, 3);
    const std::int64_t lb = config.line_bytes();
    const std::int64_t tiles = pick(random, 1, most_tiles);
    const std::int64_t chunks = pick(random, 1, 4);
    const bool ws = pick(random, 0, 3) == 0;
    const bool through_dram = pick(random, 0, 3) == 0;
    program.address = lb * pick(random, 0, 300);
    program.semaphores[0] = static_cast<std::uint8_t>(pick(random, 1, 2));
    program.semaphores[2] = static_cast<std::uint8_t>(pick(random, 1, 3));
    program.semaphores[4] = static_cast<std::uint8_t>(pick(random, 1, 2));
    program.semaphores[6] = static_cast<std::uint8_t>(pick(random, 1, 3));
    program.semaphores[7] = 1;

    StreamWriter l(program.streams[0]);
    const std::int64_t channels = 8 * pick(random, 1, 40);
    const std::int64_t w = pick(random, 2, 20);
    l.set(load::len, channels);
    l.set(load::px, channels);
    l.set(load::py, channels * w);
    l.set(load::pb, channels * w * 8);
    l.set(load::base, 8 * pick(random, 0, 100000));
    l.set(load::grid_w, w);
    l.set(load::grid_h, 8);
    l.set(load::sx, pick(random, 1, 2));
    l.set(load::sy, 1);
    l.set(load::ox, pick(random, -1, 1));
    l.set(load::oy, pick(random, -1, 1));
    l.set(load::in_w, w);
    l.set(load::in_h, 8);
    l.set(load::stride, 4);
    const std::int64_t west = pick(random, 1, 100);
    const std::int64_t north = pick(random, 1, 40);
    l.loop(tiles);
    if (through_dram) l.wait(6);
    l.loop(chunks);
    l.wait(0);
    l.set(load::count, west);
    l.run(load::kAdvance, -1, -1, 1);
    l.toggle(load::dest, 256);
    l.wait(2);
    l.set(load::count, north);
    l.run(pick(random, 0, 1) == 0 ? load::kSeek : 0U, -1, -1, 3);
    l.end();
    l.add(load::base, 8 * pick(random, 0, 5000));
    l.end();
    l.halt();

    StreamWriter g(program.streams[1]);
    const std::int64_t m = 4 << pick(random, 0, 1);
    g.set(stce::m, m);
    g.set(stce::n, pick(random, 1, m));
    g.set(stce::sr, pick(random, 1, 4));
    g.set(stce::sc, ws ? 1 : pick(random, 1, 2));
    g.set(stce::groups, pick(random, 1, ws ? config.rows : 12));
    g.set(stce::batches, pick(random, 1, 12));
    g.set(stce::rows, pick(random, 1, config.rows));
    g.loop(tiles);
    g.wait(4);
    for (std::int64_t k = 0; k < chunks; ++k) {
        std::uint32_t flags = k == 0 ? stce::kFirst : 0U;
        if (k == chunks - 1) flags |= stce::kLast;
        if (ws) flags |= stce::kWs;
        g.wait(1);
        g.wait(3);
        if (ws) g.wait(7);
        if (k == chunks - 1 && ws) g.post(7);
        g.run(flags, 0, 2, k == chunks - 1 ? 5 : ws ? 7 : -1);
        g.toggle(stce::wa, 256);
    }
    g.end();
    g.halt();

    StreamWriter s(program.streams[3]);
    const std::int64_t out = 8 * pick(random, 1, 30);
    s.set(store::len, out);
    s.set(store::px, out);
    s.set(store::py, out * 6);
    s.set(store::pb, out * 36);
    s.set(store::grid_w, 6);
    s.set(store::grid_h, 6);
    s.set(store::base, 8 * pick(random, 0, 50000));
    s.set(store::count, pick(random, 1, 60));
    s.set(store::src_kind, pick(random, 0, 2));
    s.loop(tiles);
    s.wait(5);
    s.run(store::kAdvance | (pick(random, 0, 1) == 0 ? store::kFp16 : 0U), 4, -1, 6);
    s.toggle(store::src, 2048);
    s.end();
    s.halt();
    if (pick(random, 0, 1) == 0) vector_stream(random, program, tiles * pick(random, 1, 3));
    return program;
}

// LOAD's positions lie apart instead of one after the other: most of them are bursts of their own then.
inline void scatter(Random& random, isa::Program& program) {
    namespace load = isa::load;
    std::vector<isa::Instruction>& stream = program.streams[0];
    std::int64_t len = 8;
    for (const isa::Instruction& i : stream) {
        if (i.opcode == isa::Opcode::Set && i.rd == load::len) len = i.imm;
    }
    const std::int64_t pitch = scattered_pitch(random, program.config, len);
    const std::int64_t row = pick(random, 0, 1) == 0 ? 20 * pitch : 8 * pick(random, 0, 5000);
    for (isa::Instruction& i : stream) {
        if (i.opcode != isa::Opcode::Set) continue;
        if (i.rd == load::px) i.imm = pitch;
        if (i.rd == load::py) i.imm = row;
        if (i.rd == load::pb) i.imm = 8 * row;
    }
}

}  // namespace satsim::cycle
