// Speed of the functional STCE: MAC slots a second of one core, for the operations that schedules use most.
//   ninja functional_stce_bench && tests/bin/functional_stce_bench
#include <benchmark/benchmark.h>

#include "runtime/functional/stce.hpp"
#include "runtime/numerics/fp16.hpp"

namespace {

using namespace satsim;
using namespace satsim::isa::stce;

struct Shape {
    std::int64_t m, n, groups, sr, sc, batches;
    std::uint32_t flags;
};

void run_operation(benchmark::State& bench, const Shape& shape) {
    functional::OnChipState state((isa::ArrayConfig()));
    for (std::size_t i = 0; i < state.west.size(); ++i) {
        state.west[i] = numerics::to_fp16(static_cast<float>(i % 97) * 0.01F - 0.4F).bits;
    }
    for (std::size_t i = 0; i < state.north_values.size(); ++i) {
        state.north_values[i] = numerics::to_fp16(static_cast<float>(i % 89) * 0.01F + 0.1F).bits;
    }
    for (std::size_t i = 0; i < state.north_indices.size(); ++i)
        state.north_indices[i] = i % 2 == 0 ? 0x25 : 0x61;
    functional::Operation op;
    op.engine = isa::Engine::Stce;
    const auto set = [&](int r, std::int64_t value) { op.registers[static_cast<std::size_t>(r)] = value; };
    set(m, shape.m), set(n, shape.n), set(groups, shape.groups), set(sr, shape.sr), set(sc, shape.sc);
    set(batches, shape.batches), set(rows, 32), set(wstride, (shape.flags & kTransposed) != 0 ? 1 : 8);
    if ((shape.flags & kWs) != 0) set(wstride, shape.m * 32 / 4 / 32 + 1);
    op.flags = shape.flags;
    for (auto _ : bench) execute_stce(op, state);
    const bool ws = (shape.flags & kWs) != 0;
    const std::int64_t lanes = ws ? shape.sr * shape.batches : 32 * shape.sr;
    const auto macs = static_cast<double>(shape.groups * shape.n * lanes * shape.sc * 32);
    bench.counters["MAC/s"] = benchmark::Counter(macs, benchmark::Counter::kIsIterationInvariantRate);
}

constexpr std::uint32_t kTile = kFirst | kLast;
BENCHMARK_CAPTURE(run_operation, os_dense_1x8, Shape{8, 8, 64, 1, 8, 0, kTile | kDense});
BENCHMARK_CAPTURE(run_operation, os_dense_8x1, Shape{8, 8, 64, 8, 1, 0, kTile | kDense});
BENCHMARK_CAPTURE(run_operation, os_2of8_1x8, Shape{8, 2, 128, 1, 8, 0, kTile});
BENCHMARK_CAPTURE(run_operation, os_2of8_8x1, Shape{8, 2, 128, 8, 1, 0, kTile});
BENCHMARK_CAPTURE(run_operation, os_2of8_4x2, Shape{8, 2, 128, 4, 2, 0, kTile});
BENCHMARK_CAPTURE(run_operation, wu_4x2, Shape{4, 4, 64, 4, 2, 0, kTile | kDense | kTransposed});
BENCHMARK_CAPTURE(run_operation, ws_2of8, Shape{8, 2, 32, 8, 1, 16, kFirst | kWs});

}  // namespace
