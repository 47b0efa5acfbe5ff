// SAT as a target: equal work is simulated once whatever its name, and the choice of schedule is the cycle
// model's.
#include "sim/target/sat_target.hpp"
#include "runtime/workload/matrix_task.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "runtime/support/error.hpp"
#include "runtime/workload/training_step.hpp"
#include "sim/cycle/cycle_sat.hpp"
#include "sim/target/program_counters.hpp"
#include "sim/target/task_key.hpp"

namespace satsim::sat {
namespace {

SatSettings settings(int workers = 2, Fidelity fidelity = Fidelity::Cycle) {
    SatSettings result;
    result.simulation.hardware = load_hardware(SATSIM_SOURCE_DIR "/models/hardware/sat4-slice.json");
    result.simulation.fidelity = fidelity;
    result.workers = workers;
    return result;
}

GemmTask matrix(const std::string& layer, std::int64_t m, std::int64_t n, std::int64_t k, NmPattern nm) {
    return matrix_task(layer, {m, n, k}, nm);
}

const std::vector<Task> kTasks{matrix("a", 40, 24, 64, {8, 8}), matrix("b", 40, 24, 64, {8, 8}),
                               matrix("c", 40, 24, 64, {2, 8}), matrix("d", 17, 5, 30, {8, 8})};

TEST(TaskKey, NamesDoNotMatterAndEverythingElseDoes) {
    const GemmTask base = matrix("a", 40, 24, 64, {8, 8});
    GemmTask renamed = base;
    renamed.layer = "z";
    renamed.part = "p";
    renamed.dense_reason = "r";
    EXPECT_EQ(task_key(base), task_key(renamed));
    const auto differs = [&](auto change) {
        GemmTask other = base;
        change(other);
        return task_key(other) != task_key(base);
    };
    EXPECT_TRUE(differs([](GemmTask& t) { t.stage = Stage::BP; }));
    EXPECT_TRUE(differs([](GemmTask& t) { t.shape.n = 25; }));
    EXPECT_TRUE(differs([](GemmTask& t) { t.count = 2; }));
    EXPECT_TRUE(differs([](GemmTask& t) { t.nm = {4, 8}; }));
    EXPECT_TRUE(differs([](GemmTask& t) { t.gather.stride_x = 2; }));
    EXPECT_TRUE(differs([](GemmTask& t) { t.gather.taps.push_back({1, 0, 1}); }));
    EXPECT_TRUE(differs([](GemmTask& t) { t.gather.taps[0].weight_tap = 1; }));
    EXPECT_TRUE(differs([](GemmTask& t) { t.scatter.off_x = 1; }));
    EXPECT_TRUE(differs([](GemmTask& t) { t.out = ElementType::Fp32; }));
    EXPECT_TRUE(differs([](GemmTask& t) { t.sparse_is_activation = true; }));
    EXPECT_TRUE(differs([](GemmTask& t) { t.over_positions = true; }));
    EXPECT_TRUE(differs([](GemmTask& t) { t.gather.from_host = true; }));
    EXPECT_TRUE(differs([](GemmTask& t) { t.gather.tail.offset = 8; }));
    VectorTask vector;
    VectorTask longer;
    longer.elements = 1;
    EXPECT_NE(task_key(vector), task_key(longer));
}

TEST(SatTarget, EqualTasksAreSimulatedOnceAndKeepTheirNames) {
    SatTarget target(settings());
    const std::vector<TaskResult> results = target.run(kTasks, {});
    EXPECT_EQ(target.distinct_tasks(), 3U);
    ASSERT_EQ(results.size(), 4U);
    EXPECT_EQ(results[1].layer, "b");
    EXPECT_EQ(results[0].cycles, results[1].cycles);
    EXPECT_LT(results[2].cycles, results[0].cycles);
    EXPECT_EQ(results[2].macs_issued, 40 * 24 * 64 / 4);
    std::size_t calls = 0;
    (void)target.run(kTasks, [&calls](std::size_t, std::size_t total) { calls += total; });
    EXPECT_EQ(calls, 0U);
}

// A model of twice the layers takes no longer to simulate: copies of a module stand as the first, the last
// and what lies between them, in as many parts as pipelines may cut it into.
TEST(SatTarget, TwiceTheLayersAreNoMoreToSimulate) {
    const std::string models = SATSIM_SOURCE_DIR "/models";
    for (const std::int64_t pieces : {1, 4}) {
        std::vector<std::size_t> tasks;
        std::vector<std::size_t> simulated;
        for (const std::int64_t layers : {8, 16}) {
            NetworkOptions options;
            options.set = "armor-tiny";
            options.parameters["layers"] = layers;
            options.pieces = pieces;
            const Network network = load_network(models + "/networks/armor-8b.json", options);
            const TrainingStep step =
                make_training_step(network, load_recipe("wohg-3+recompute+bdwp-2:8", models));
            SatTarget target(settings(2, Fidelity::Fast));
            std::vector<Task> ours;
            for (const Task& task : step.tasks)
                if (target.can_run(task)) ours.push_back(task);
            (void)target.run(ours, {});
            tasks.push_back(step.tasks.size());
            simulated.push_back(target.distinct_tasks());
        }
        EXPECT_EQ(tasks[0], tasks[1]) << pieces;
        EXPECT_EQ(simulated[0], simulated[1]) << pieces;
        EXPECT_LT(4 * simulated[0], 3 * tasks[0]) << pieces;
    }
}

TEST(SatTarget, TheNumberOfWorkersChangesNothing) {
    SatTarget one(settings(1));
    SatTarget three(settings(3));
    const auto a = one.run(kTasks, {});
    const auto b = three.run(kTasks, {});
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].cycles, b[i].cycles);
        EXPECT_EQ(a[i].tile, b[i].tile);
        EXPECT_EQ(a[i].execution.counters, b[i].execution.counters);
        EXPECT_EQ(a[i].execution.memory, b[i].execution.memory);
    }
}

TEST(SatTarget, OperationsAreKeptWhenAskedFor) {
    SatSettings asking = settings();
    asking.recording.operations = 1'000'000;
    asking.wants_operations = [](const Task& task) { return std::get<GemmTask>(task).layer == "a"; };
    const auto results = SatTarget(asking).run(kTasks, {});
    const auto plain = SatTarget(settings()).run(kTasks, {});
    EXPECT_FALSE(results[0].execution.operations[0].empty());
    EXPECT_TRUE(results[2].execution.operations[0].empty());
    EXPECT_EQ(results[0].cycles, plain[0].cycles);
}

TEST(SatTarget, BusyIntervalsAreKeptWhereOperationsAreTooMany) {
    SatSettings asking = settings();
    asking.recording.intervals = 8;
    for (const TaskResult& result : SatTarget(asking).run(kTasks, {})) {
        for (std::size_t engine = 0; engine < result.intervals.size(); ++engine) {
            EXPECT_TRUE(result.execution.operations[engine].empty());
            const std::vector<BusyInterval>& intervals = result.intervals[engine];
            EXPECT_LE(intervals.size(), 8U);
            Cycles busy = 0;
            for (const BusyInterval& interval : intervals) busy += interval.busy;
            EXPECT_EQ(busy, result.execution.busy[engine]);
        }
    }
}

// Each test program may elaborate SystemC once, in this process: the workers are processes of their own.
TEST(SatTarget, TheCycleModelPicksTheBestCandidate) {
    const SatSettings chosen = settings();
    const schedule::MachineView machine = chosen.simulation.machine();
    for (const Task& task : kTasks) {
        const auto& gemm = std::get<GemmTask>(task);
        Cycles best = 0;
        for (const auto& candidate : schedule::candidate_schedules(gemm, machine, {}, 3)) {
            const isa::Program program = schedule::emit_gemm(gemm, candidate, machine);
            const Cycles cycles = run_program(program, chosen.simulation, 0, false).cycles();
            best = best == 0 ? cycles : std::min(best, cycles);
        }
        const auto reached = static_cast<double>(SatTarget(chosen).run({task}, {}).front().cycles);
        EXPECT_LE(reached, (1 + chosen.simulation.negligible) * static_cast<double>(best));
    }
}

// Estimates choose which schedules the fast model predicts, and are not equally far off for both dataflows:
// the better of the two must stay within reach, with one slot as with many. Both together predict fewer
// schedules of each than one alone, which may miss the best by this much.
TEST(SatTarget, FastFindsTheBetterDataflow) {
    std::vector<Task> tasks;
    for (const NmPattern nm : {NmPattern{8, 8}, NmPattern{2, 4}, NmPattern{2, 8}})
        for (const std::int64_t m : {16, 32, 64, 200, 256})
            for (const std::int64_t n : {40, 256, 520})
                for (const std::int64_t k : {64, 512, 2304})
                    tasks.emplace_back(matrix("t" + std::to_string(tasks.size()), m, n, k, nm));
    using Choice = schedule::ScheduleOptions::DataflowChoice;
    for (const bool interleave : {false, true}) {
        const auto run = [&](Choice dataflow) {
            SatSettings chosen = settings(2, Fidelity::Fast);
            chosen.simulation.hardware =
                load_hardware(SATSIM_SOURCE_DIR "/models/hardware/vcu1525-sat32.json");
            chosen.simulation.options.interleave = interleave;
            chosen.simulation.options.dataflow = dataflow;
            return SatTarget(chosen).run(tasks, {});
        };
        const auto either = run(Choice::Auto);
        const auto os = run(Choice::OutputStationary);
        const auto ws = run(Choice::WeightStationary);
        for (std::size_t i = 0; i < tasks.size(); ++i) {
            const auto least = static_cast<double>(std::min(os[i].cycles, ws[i].cycles));
            EXPECT_LE(static_cast<double>(either[i].cycles), 1.02 * least)
                << either[i].shape.m << 'x' << either[i].shape.n << 'x' << either[i].shape.k << ' '
                << either[i].tile << ", os " << os[i].cycles << ", ws " << ws[i].cycles;
        }
    }
}

// What the fast fidelity counts from a program is what the simulation counted; lines are an estimate.
TEST(ProgramCounters, ArrayAndBufferCountersAreExact) {
    const SatSettings chosen = settings();
    const schedule::MachineView machine = chosen.simulation.machine();
    fast::FastSat fast;
    for (const Task& task : kTasks) {
        const auto& gemm = std::get<GemmTask>(task);
        for (const auto& candidate : schedule::candidate_schedules(gemm, machine, {}, 5)) {
            const isa::Program program = schedule::emit_gemm(gemm, candidate, machine);
            const Execution simulated = run_program(program, chosen.simulation, 0, true);
            const Execution counted =
                count_program(program, machine.memory, fast.predict(program, machine.memory));
            EXPECT_EQ(counted.counters, simulated.counters) << candidate.tile_text();
            const auto near = [&](std::int64_t count, std::int64_t truth, double share) {
                EXPECT_NEAR(static_cast<double>(count), static_cast<double>(truth),
                            share * static_cast<double>(truth) + 1)
                    << candidate.tile_text();
            };
            near(counted.memory.read_lines, simulated.memory.read_lines, 0.03);
            near(counted.memory.write_lines, simulated.memory.write_lines, 0.03);
            near(counted.memory.activates, simulated.memory.activates, 0.2);
            for (std::size_t engine = 0; engine < counted.busy.size(); ++engine)
                near(counted.busy[engine], simulated.busy[engine], 0.1);
            std::size_t operations = 0;
            for (const auto& records : simulated.operations) operations += records.size();
            EXPECT_EQ(count_operations(program), static_cast<std::int64_t>(operations));
        }
    }
}

TEST(SatTarget, WhatDoesNotFitNamesItsLayer) {
    SatTarget target(settings());
    try {
        (void)target.run({matrix("huge", 64, 64, 64, {2, 16})}, {});
        FAIL() << "accepted";
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("huge"), std::string::npos) << error.what();
    }
}

// The padded sizes that a shortfall names are those that the array ran.
TEST(SatTarget, ExecutedSizesAreTheSlotsTaken) {
    GemmTask update = matrix("u", 10, 24, 35, {8, 8});
    update.stage = Stage::WU;
    update.out = ElementType::Fp32;
    update.gather.grid_w = update.gather.in_w = 35;
    update.gather.channels = 10;
    GemmTask first = matrix("f", 36, 6, 27, {8, 8});
    first.gather = {.batch = 1,
                    .grid_h = 6,
                    .grid_w = 6,
                    .in_h = 12,
                    .in_w = 12,
                    .channels = 3,
                    .stride_y = 2,
                    .stride_x = 2};
    first.gather.taps.clear();
    for (int i = 0; i < 9; ++i) first.gather.taps.push_back({i / 3 - 1, i % 3 - 1, i});
    first.gather.from_host = true;
    first.scatter = {.out_h = 6, .out_w = 6};
    GemmTask inner = first;  // in strips
    inner.layer = "i";
    inner.gather.from_host = false;
    inner.gather.channels = 8;
    inner.gather.batch = 8;
    inner.gather.grid_h = inner.gather.grid_w = 12;
    inner.gather.stride_y = inner.gather.stride_x = 1;
    inner.scatter = {.out_h = 12, .out_w = 12};
    inner.shape = {inner.gather.positions(), 6, 72};
    std::vector<Task> tasks = kTasks;
    tasks.insert(tasks.end(),
                 {update, first, inner, matrix("s", 33, 7, 40, {1, 2}), matrix("t", 70, 9, 24, {1, 4})});
    int strips = 0;
    using Choice = schedule::ScheduleOptions::DataflowChoice;
    for (const Choice choice : {Choice::OutputStationary, Choice::WeightStationary}) {
        SatSettings chosen = settings();
        chosen.simulation.options.dataflow = choice;
        for (const TaskResult& result : SatTarget(chosen).run(tasks, {})) {
            const GemmShape& e = result.executed;
            EXPECT_GE(e.m, result.shape.m);
            EXPECT_GE(e.n, result.shape.n);
            EXPECT_GE(e.k, result.shape.k);
            strips += result.tile.find("strips") != std::string::npos ? 1 : 0;
            EXPECT_EQ(result.execution.counters.mac_slots, e.m * e.n * e.k * result.nm.n / result.nm.m)
                << result.layer << ' ' << result.tile;
        }
    }
    EXPECT_GT(strips, 0);
}

// Shorter than what the fast model follows line by line (docs/architecture/fast-model.md); fast_accuracy_test
// holds the distances of longer ones.
TEST(SatTarget, FastIsExactForShortTasks) {
    const auto cycle = SatTarget(settings()).run(kTasks, {});
    const auto fast = SatTarget(settings(2, Fidelity::Fast)).run(kTasks, {});
    for (std::size_t i = 0; i < cycle.size(); ++i) {
        EXPECT_EQ(fast[i].provenance, Provenance::Modelled);
        EXPECT_EQ(cycle[i].provenance, Provenance::Simulated);
        ASSERT_LT(cycle[i].cycles, 12480);
        EXPECT_EQ(fast[i].cycles, cycle[i].cycles);
    }
}

// What --fidelity fast says of any product, its choice of schedule included, beside what cycle says: tasks of
// a few hundred cycles are where estimates that choose candidates are the furthest off.
TEST(SatTarget, FastStaysCloseToCycleWhateverTheSizes) {
    constexpr int kCount = 80;
    for (const dram::MemoryKind kind : {dram::MemoryKind::Ideal, dram::MemoryKind::Ddr4}) {
        SatSettings cycle = settings();
        cycle.simulation.hardware = load_hardware(SATSIM_SOURCE_DIR "/models/hardware/vcu1525-sat32.json");
        cycle.simulation.hardware.memory_kind = kind;
        SatSettings fast = cycle;
        fast.simulation.fidelity = Fidelity::Fast;
        std::mt19937 random(7);
        const auto size = [&random] {
            return static_cast<std::int64_t>(std::exp2(std::uniform_real_distribution(3.0, 10.5)(random)));
        };
        const std::vector<NmPattern> patterns{{8, 8}, {2, 4}, {2, 8}, {1, 4}};
        std::vector<Task> tasks;
        for (int i = 0; i < kCount; ++i) {
            const std::int64_t m = size();
            const std::int64_t n = size();
            tasks.emplace_back(matrix("t" + std::to_string(i), m, n, size(), patterns[random() % 4]));
        }
        const std::vector<TaskResult> simulated = SatTarget(cycle).run(tasks, {});
        const std::vector<TaskResult> predicted = SatTarget(fast).run(tasks, {});
        std::vector<double> distances;
        for (std::size_t i = 0; i < tasks.size(); ++i)
            distances.push_back(std::abs(static_cast<double>(predicted[i].cycles - simulated[i].cycles)) /
                                static_cast<double>(simulated[i].cycles));
        std::sort(distances.begin(), distances.end());
        EXPECT_LE(distances[kCount / 2], 0.01);
        EXPECT_LE(distances[kCount * 95 / 100], 0.03);
        EXPECT_LE(distances.back(), 0.10);
    }
}

}  // namespace
}  // namespace satsim::sat
