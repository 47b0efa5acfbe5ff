// Task configurations a second on one core: the scheduler's estimate, the fast model, and `cycle` beside
// them, on random layers by what bounds them (items_per_second). seed: argument of kSeed.
#include <benchmark/benchmark.h>

#include <map>
#include <vector>

#include "sim/cycle/cycle_sat.hpp"
#include "sim/fast/fast_sat.hpp"
#include "tests/support/random_layer_task.hpp"

namespace {

using namespace satsim;

constexpr std::uint64_t kSeed = 1;
constexpr std::size_t kTasks = 100;

struct Configuration {
    GemmTask task;
    schedule::GemmSchedule schedule;
    isa::Program program;
};

schedule::MachineView default_machine() {
    return {};
}

const std::vector<Configuration>& configurations(test::Bound bound) {
    static std::map<test::Bound, std::vector<Configuration>> all;
    std::vector<Configuration>& of = all[bound];
    std::mt19937_64 rng(kSeed);
    const schedule::MachineView machine = default_machine();
    while (of.size() < kTasks) {
        Configuration c;
        c.task = test::random_layer_task(rng, bound, machine.array);
        try {
            c.schedule = schedule::candidate_schedules(c.task, machine, {}, 1).front();
        } catch (const InputError&) {
            continue;
        }
        c.program = schedule::emit_gemm(c.task, c.schedule, machine);
        if (c.program.streams[0].size() > 4096) continue;
        of.push_back(std::move(c));
    }
    return of;
}

// `one` on every configuration of a kind, in turn; a configuration is an item.
template <typename One>
void for_all(benchmark::State& state, One&& one) {
    const auto& all = configurations(static_cast<test::Bound>(state.range(0)));
    state.SetLabel(to_string(static_cast<test::Bound>(state.range(0))));
    for (auto _ : state) {
        for (const Configuration& c : all) one(c);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(all.size()));
}

void Estimate(benchmark::State& state) {
    const schedule::MachineView machine = default_machine();
    for_all(state, [&](const Configuration& c) {
        benchmark::DoNotOptimize(schedule::predict_gemm(c.task, c.schedule, machine));
    });
}

void Emit(benchmark::State& state) {
    const schedule::MachineView machine = default_machine();
    for_all(state, [&](const Configuration& c) {
        benchmark::DoNotOptimize(schedule::emit_gemm(c.task, c.schedule, machine));
    });
}

void Fast(benchmark::State& state, dram::MemoryKind kind) {
    fast::FastSat fast;
    dram::MemoryConfig memory;
    memory.kind = kind;
    Cycles cycles = 0;
    Cycles simulated = 0;
    for_all(state, [&](const Configuration& c) {
        const fast::Prediction p = fast.predict(c.program, memory);
        cycles += p.cycles;
        simulated += p.simulated;
    });
    state.counters["simulated_%"] = 100.0 * static_cast<double>(simulated) / static_cast<double>(cycles);
    state.counters["cycles/s"] = benchmark::Counter(static_cast<double>(cycles), benchmark::Counter::kIsRate);
}

void Cycle(benchmark::State& state) {
    cycle::CycleSat cycle;
    Cycles cycles = 0;
    for_all(state, [&](const Configuration& c) { cycles += cycle.run(c.program, {}).cycles(); });
    state.counters["cycles/s"] = benchmark::Counter(static_cast<double>(cycles), benchmark::Counter::kIsRate);
}

BENCHMARK(Estimate)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);
BENCHMARK(Emit)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Fast, ddr4, dram::MemoryKind::Ddr4)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Fast, ideal, dram::MemoryKind::Ideal)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);
BENCHMARK(Cycle)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

}  // namespace
