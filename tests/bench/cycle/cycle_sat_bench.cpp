// Simulated cycles per second of the whole model: a compute-bound and a bandwidth-bound layer of ResNet-50's
// shape.
#include <benchmark/benchmark.h>

#include "sim/cycle/cycle_sat.hpp"
#include "tests/unit/cycle/random_program.hpp"

namespace satsim::cycle {
namespace {

// Output-stationary tiles of 256 x 256 over K in chunks, double-buffered as the scheduler does it.
struct Layer {
    std::int64_t tiles;
    std::int64_t chunks;    // of K in a tile
    std::int64_t groups;    // of 8 in a chunk
    std::int64_t pairs;     // n of n:8
    std::int64_t channels;  // bytes read per position and chunk
};

isa::Program program_of(const Layer& layer) {
    namespace load = isa::load;
    namespace stce = isa::stce;
    namespace store = isa::store;
    isa::Program program;
    program.semaphores[0] = program.semaphores[2] = program.semaphores[4] = 2;
    StreamWriter l(program.streams[0]);
    l.set(load::len, layer.channels);
    l.set(load::px, layer.channels);
    l.set(load::py, layer.channels * 56);
    l.set(load::pb, layer.channels * 56 * 56);
    l.set(load::grid_w, 56);
    l.set(load::grid_h, 56);
    l.set(load::sx, 1);
    l.set(load::sy, 1);
    l.set(load::in_w, 56);
    l.set(load::in_h, 56);
    l.loop(layer.tiles);
    l.loop(layer.chunks);
    l.wait(0);
    l.set(load::count, 256);
    l.run(load::kAdvance, -1, -1, 1);
    l.toggle(load::dest, 256);
    l.wait(2);
    l.set(load::count, layer.groups * layer.pairs * 512 / layer.channels);
    l.run(load::kSeek, -1, -1, 3);
    l.end();
    l.end();
    l.halt();
    StreamWriter g(program.streams[1]);
    g.set(stce::m, 8);
    g.set(stce::n, layer.pairs);
    g.set(stce::sr, 8);
    g.set(stce::sc, 1);
    g.set(stce::groups, layer.groups);
    g.set(stce::rows, 32);
    g.loop(layer.tiles);
    g.wait(4);
    for (std::int64_t k = 0; k < layer.chunks; ++k) {
        g.wait(1);
        g.wait(3);
        const std::uint32_t flags = (k == 0 ? stce::kFirst : 0U) | (k == layer.chunks - 1 ? stce::kLast : 0U);
        g.run(flags, 0, 2, k == layer.chunks - 1 ? 5 : -1);
    }
    g.end();
    g.halt();
    StreamWriter s(program.streams[3]);
    s.set(store::len, 64);
    s.set(store::px, 512);
    s.set(store::py, 512 * 56);
    s.set(store::pb, 512 * 56 * 56);
    s.set(store::grid_w, 56);
    s.set(store::grid_h, 56);
    s.set(store::base, 1 << 30);
    s.set(store::count, 256);
    s.loop(layer.tiles);
    s.wait(5);
    s.run(store::kAdvance | store::kFp16, 4, -1, -1);
    s.end();
    s.halt();
    return program;
}

void run(benchmark::State& state, const Layer& layer) {
    const isa::Program program = program_of(layer);
    CycleSat sat;
    Cycles cycles = 0;
    std::int64_t lines = 0;
    Execution last;
    for (auto _ : state) {
        last = sat.run(program, {});
        cycles += last.cycles();
        lines += last.memory.read_lines + last.memory.write_lines;
    }
    state.counters["cycles/s"] = benchmark::Counter(static_cast<double>(cycles), benchmark::Counter::kIsRate);
    state.counters["lines/s"] = benchmark::Counter(static_cast<double>(lines), benchmark::Counter::kIsRate);
    state.counters["stce_busy"] = static_cast<double>(last.busy[1]) / static_cast<double>(last.cycles());
    state.counters["bus"] = static_cast<double>(last.memory.read_lines + last.memory.write_lines) /
                            static_cast<double>(last.cycles());
}

void compute_bound_dense(benchmark::State& state) {
    run(state, {2000, 4, 64, 8, 1024});
}
// 512 channels at 1:8, as the 1x1 convolutions that begin layer2's blocks: the bus moves a line in 84 % of
// the cycles.
void bandwidth_bound_1_8(benchmark::State& state) {
    run(state, {2000, 4, 16, 1, 256});
}

BENCHMARK(compute_bound_dense)->Unit(benchmark::kMillisecond);
BENCHMARK(bandwidth_bound_1_8)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace satsim::cycle
