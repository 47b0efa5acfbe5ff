// Speed of LOAD's recurrences with the memory: lines a second for the shapes that layers have, burst by burst
// (/0) and as LoadModule reads when nothing else is due (/1).
#include <benchmark/benchmark.h>

#include <memory>

#include "sim/cycle/load_timing.hpp"
#include "sim/dram/memory.hpp"

namespace satsim::cycle {
namespace {

// One operation of 64 Ki bytes after the other, DDR4.
void load(benchmark::State& state, LoadOperation op) {
    const isa::ArrayConfig config;
    const auto memory = dram::make_memory({});
    LoadTiming timing(config);
    op.count = 65536 / op.len;
    op.seek = true;
    std::int64_t base = op.base;
    const bool together = state.range(0) == 1;
    for (auto _ : state) {
        while (timing.ready() == kUnknown) {
            if (together) {
                timing.read_due(*memory, kUnknown);
                continue;
            }
            memory->read(timing.request().at, timing.request().line, timing.arrivals());
            timing.accept();
        }
        op.base = base;
        base = (base + 65536) & ((std::int64_t{1} << 33) - 1);
        timing.dispatch(std::max<Cycles>(0, timing.ready()), op);
        while (timing.has_end()) benchmark::DoNotOptimize(timing.take_end());
    }
    state.counters["lines/s"] =
        benchmark::Counter(static_cast<double>(timing.lines()), benchmark::Counter::kIsRate);
    state.counters["pieces/s"] =
        benchmark::Counter(static_cast<double>(timing.pieces()), benchmark::Counter::kIsRate);
}

LoadOperation rows_of(std::int64_t len, std::int64_t px, std::int64_t grid_w) {
    LoadOperation op;
    op.len = len;
    op.px = px;
    op.py = px * grid_w;
    op.pb = op.py * grid_w;
    op.grid = {grid_w, grid_w};
    op.in_w = op.in_h = grid_w;
    return op;
}

void contiguous_positions_of_128_bytes(benchmark::State& state) {
    load(state, rows_of(128, 128, 56));
}
void contiguous_positions_of_512_bytes(benchmark::State& state) {
    load(state, rows_of(512, 512, 14));
}
void contiguous_positions_of_96_bytes(benchmark::State& state) {
    load(state, rows_of(96, 96, 56));
}
void one_long_row(benchmark::State& state) {
    load(state, rows_of(4096, 4096, 1 << 20));
}
void chunks_of_a_row_with_gaps(benchmark::State& state) {
    load(state, rows_of(256, 1024, 28));
}
// WU of a head of 92,554 outputs: dY and X by rows, a tile's columns of each; dY's rows begin at lines, and
// here as they would where row follows row.
void scattered_lines(benchmark::State& state) {
    load(state, rows_of(256, 185344, 1 << 20));
}
void scattered_positions_of_64_bytes(benchmark::State& state) {
    load(state, rows_of(64, 185112, 1 << 20));
}
void scattered_positions_of_512_bytes(benchmark::State& state) {
    load(state, rows_of(512, 8192, 1 << 20));
}
void stride_two(benchmark::State& state) {
    LoadOperation op = rows_of(128, 128, 28);
    op.sx = op.sy = 2;
    op.in_w = op.in_h = 56;
    op.py = 128 * 56;
    load(state, op);
}

BENCHMARK(contiguous_positions_of_128_bytes)->Arg(0)->Arg(1);
BENCHMARK(contiguous_positions_of_512_bytes)->Arg(0)->Arg(1);
BENCHMARK(contiguous_positions_of_96_bytes)->Arg(0)->Arg(1);
BENCHMARK(one_long_row)->Arg(0)->Arg(1);
BENCHMARK(chunks_of_a_row_with_gaps)->Arg(0)->Arg(1);
BENCHMARK(scattered_lines)->Arg(0)->Arg(1);
BENCHMARK(scattered_positions_of_64_bytes)->Arg(0)->Arg(1);
BENCHMARK(scattered_positions_of_512_bytes)->Arg(0)->Arg(1);
BENCHMARK(stride_two)->Arg(0)->Arg(1);

}  // namespace
}  // namespace satsim::cycle
