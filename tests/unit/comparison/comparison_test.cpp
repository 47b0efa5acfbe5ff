// Targets side by side: what is put in one row, who wins, and why.
#include <gtest/gtest.h>

#include "runtime/comparison/module_shares.hpp"
#include "runtime/comparison/targets_json.hpp"
#include "runtime/comparison/targets_trace.hpp"
#include "runtime/trace/trace_check.hpp"

namespace satsim {
namespace {

TaskResult gemm(const std::string& layer, const std::string& stage, double seconds, Macs macs, Bytes bytes,
                Provenance provenance = Provenance::Simulated) {
    TaskResult result;
    result.layer = layer;
    result.stage = stage;
    result.kind = "gemm";
    result.shape = {1, 1, macs};
    result.seconds = seconds;
    result.macs_issued = macs;
    result.dense_macs = macs;
    result.dram_bytes = bytes;
    result.energy_j = 10 * seconds;
    result.provenance = provenance;
    return result;
}

TaskResult other(const std::string& layer, const std::string& kind, double seconds, Bytes bytes) {
    TaskResult result = gemm(layer, "FF", seconds, 0, bytes);
    result.kind = kind;
    return result;
}

// 1 Gflop/s and 1 GB/s against ten times that.
std::vector<TargetRun> two() {
    std::vector<TargetRun> runs(2);
    runs[0].name = "slow";
    runs[0].machine = {1e9, 1e9, 0};
    runs[0].tasks = {gemm("c1", "FF", 1.0, 400'000'000, 1000), other("c1", "vector", 0.25, 100'000'000),
                     other("c1", "transfer", 0.25, 100'000'000), gemm("c2", "FF", 0.001, 400'000, 400'000)};
    runs[1].name = "fast";
    runs[1].machine = {10e9, 10e9, 100};
    runs[1].tasks = {gemm("c1", "FF", 0.2, 800'000'000, 1000, Provenance::Modelled),
                     other("c1", "vector", 0.1, 200'000'000),
                     gemm("c2", "FF", 0.004, 400'000, 400'000, Provenance::Modelled)};
    return runs;
}

TEST(Comparison, RowsHoldTheSameWork) {
    const std::vector<TargetRun> runs = two();
    const std::vector<Row> rows = align(runs);
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].layer, "c1");
    EXPECT_EQ(rows[1].part, "other");
    EXPECT_EQ(rows[1].cells[0]->work.seconds, 0.5);  // vector and transfer together
    EXPECT_EQ(rows[1].cells[0]->work.tasks, 2U);
    EXPECT_EQ(rows[0].winner, 1U);
    EXPECT_EQ(rows[2].winner, 0U);
    EXPECT_DOUBLE_EQ(rows[2].margin, 4);
}

// slow: 0.8 Gflop/s of 1; fast: 8 of 10, with twice the work.
TEST(Comparison, TheMarginIsTheProductOfItsCauses) {
    const std::vector<TargetRun> runs = two();
    const std::vector<Row> rows = align(runs);
    EXPECT_DOUBLE_EQ(rows[0].cells[0]->position.roof, 1e9);
    EXPECT_DOUBLE_EQ(rows[0].cells[0]->position.share, 0.8);
    EXPECT_DOUBLE_EQ(rows[0].cells[1]->position.share, 0.8);
    EXPECT_EQ(rows[0].why, "5.00x = roof 10.00x * share 1.00x * work 0.50x");
    // Two flop a byte: the bandwidth is the roof of both, and fast is far from its.
    EXPECT_DOUBLE_EQ(rows[2].cells[0]->position.roof, 1e9);
    EXPECT_DOUBLE_EQ(rows[2].cells[1]->position.roof, 10e9);
    EXPECT_EQ(rows[2].why, "4.00x = roof 0.10x * share 40.00x * work 1.00x");
}

// A transfer behind other work has bytes and no time of its own; of one that is waited for in part, that
// part.
TEST(Comparison, WhatHidesBehindOtherWorkIsNoPartOfTheRoof) {
    std::vector<TargetRun> runs = two();
    TaskResult batch = other("c1", "transfer", 0, 2'000'000'000);
    batch.hidden_seconds = 2;
    runs[0].tasks.push_back(batch);
    const RooflinePosition before = align(two())[1].cells[0]->position;
    const std::vector<Row> hidden = align(runs);
    EXPECT_EQ(hidden[1].cells[0]->work.tasks, 3U);
    EXPECT_DOUBLE_EQ(hidden[1].cells[0]->position.share, before.share);
    EXPECT_DOUBLE_EQ(hidden[1].cells[0]->position.share, 0.4);
    EXPECT_EQ(hidden[1].why, align(two())[1].why);
    runs[0].tasks.back().seconds = 0.5;
    runs[0].tasks.back().hidden_seconds = 1.5;
    EXPECT_DOUBLE_EQ(align(runs)[1].cells[0]->position.share, 0.7);  // (0.2 + 0.5) GB in 0.5 + 0.5 s
}

// What was measured may beat the product and the copy that stand for the board; a prediction may not raise
// roofs.
TEST(Comparison, RoofsAreNoLowerThanWhatWasReached) {
    std::vector<TargetRun> runs = two();
    runs[0].machine = {0.5e9, 0.1e9, 0, Peaks::Measured};
    raise_roofs(runs[0].machine, runs[0].tasks);
    EXPECT_DOUBLE_EQ(runs[0].machine.peak_flops, 0.8e9);  // c1
    EXPECT_DOUBLE_EQ(runs[0].machine.bandwidth, 0.4e9);   // both of c1's others, and c2
    for (const Row& row : align(runs)) {
        if (row.cells[0]) {
            EXPECT_LE(row.cells[0]->position.share, 1.0);
        }
    }
    Machine machine = runs[1].machine;
    machine.peak_flops = 1;
    raise_roofs(machine, {&runs[1].tasks[0], 1});  // modelled
    EXPECT_EQ(machine.peak_flops, 1);
}

TEST(Comparison, ATargetIsOnlyAsGoodAsItsWeakestGemm) {
    std::vector<TargetRun> runs = two();
    EXPECT_EQ(runs[0].provenance(), Provenance::Simulated);
    EXPECT_EQ(runs[1].provenance(), Provenance::Modelled);
    runs[0].tasks.push_back(gemm("c3", "FF", 1, 1, 1, Provenance::Modelled));
    EXPECT_EQ(runs[0].provenance(), Provenance::Modelled);
}

TEST(Comparison, JsonAddsUp) {
    const std::vector<TargetRun> runs = two();
    const nlohmann::ordered_json targets = targets_json(runs);
    ASSERT_EQ(targets.size(), 2U);
    EXPECT_EQ(targets[1]["provenance"], "modelled");
    double seconds = 0;
    for (const char* kind : {"layers", "other_tasks"}) {
        for (const auto& task : targets[0][kind]) seconds += task["seconds"].get<double>();
    }
    EXPECT_DOUBLE_EQ(targets[0]["seconds"].get<double>(), seconds);
    EXPECT_DOUBLE_EQ(targets[0]["step"]["energy_delay_js"].get<double>(),
                     targets[0]["energy_j"].get<double>() * seconds);
    EXPECT_EQ(rows_json(runs, align(runs))[0]["winner"], "fast");
}

TEST(Comparison, TheTraceHoldsOneProcessATarget) {
    const std::vector<TargetRun> runs = two();
    ChromeTrace trace = make_targets_trace();
    LayerPlaces places;
    for (std::size_t i = 0; i < runs.size(); ++i)
        add_target(trace, static_cast<int>(i) + 1, i, runs[i], "net", places);
    places.link(trace);
    const TraceSummary summary = check_trace(trace.json(), "t");
    EXPECT_EQ(summary.broken, std::vector<std::string>{});
    EXPECT_EQ(summary.tracks, 2U);
    EXPECT_EQ(summary.slices, 7U);
}

// Two machines of the slow kind, c1's GEMM on one and the rest on the other, at work at the same time.
// The second has another bandwidth, so that a task on the wrong one shows.
TargetRun group_of_two(const TargetRun& slow) {
    TargetRun run = slow;
    run.name = "slow@2";
    run.machine = {2e9, 2e9, 0};
    Group group;
    Machine second = slow.machine;
    second.bandwidth *= 2;
    group.parts = {{"slow#1", slow.machine, 1}, {"slow#2", second, 1}};
    group.places.assign(run.tasks.size(), 1);
    group.places[0] = 0;
    group.seconds = 0.75 * busy_work(slow).seconds;
    group.joules = busy_work(slow).joules + 1;
    run.group = std::move(group);
    return run;
}

TEST(Comparison, AGroupIsATargetWhoseStepIsShorterThanItsTasks) {
    std::vector<TargetRun> runs = two();
    runs.push_back(group_of_two(runs[0]));
    const Work busy = busy_work(runs[2]);
    EXPECT_DOUBLE_EQ(busy.seconds, total_work(runs[0]).seconds);
    EXPECT_DOUBLE_EQ(total_work(runs[2]).seconds, 0.75 * busy.seconds);
    EXPECT_DOUBLE_EQ(total_work(runs[2]).joules, busy.joules + 1);
    const nlohmann::ordered_json target = targets_json(runs)[2];
    EXPECT_EQ(target["seconds"], total_work(runs[2]).seconds);
    EXPECT_EQ(target["busy_seconds"], busy.seconds);
    EXPECT_EQ(target["machines"].size(), 2U);
    EXPECT_EQ(target["layers"][0]["machine"], "slow#1");
    // GEMMs run on one machine at a time: their share is of one, the step's of both.
    EXPECT_DOUBLE_EQ(target["gemm"]["share_of_peak"].get<double>(),
                     targets_json(runs)[0]["gemm"]["share_of_peak"].get<double>());
    EXPECT_DOUBLE_EQ(target["step"]["share_of_peak"].get<double>(),
                     targets_json(runs)[0]["step"]["share_of_peak"].get<double>() / 2 / 0.75);
    // Each row under the roof of the machine that it is on: c1's GEMM on the first, at its rate; the others,
    // bound by bytes, on the second.
    const std::vector<Row> rows = align(runs);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const RooflinePosition& alone = rows[i].cells[0]->position;
        const RooflinePosition& shared = rows[i].cells[2]->position;
        const double wider = i == 0 ? 1 : i == 1 ? 2 : 1;  // c2: two flop a byte, its rate is the roof
        EXPECT_DOUBLE_EQ(shared.roof, wider * alone.roof) << i;
        EXPECT_DOUBLE_EQ(shared.share, alone.share / wider) << i;
    }
}

// Half of the work on a machine of half the rate, each at half of its roof.
TEST(Comparison, WorkOnSeveralMachinesHasTheRoofOfBoth) {
    Work work;
    work.macs = 500'000'000;  // 1 Gflop
    work.seconds = 2;
    Work slower = work;
    slower.seconds = 4;
    const std::vector<PlacedWork> parts = {{work, {1e9, 1e9, 0}}, {slower, {0.5e9, 1e9, 0}}};
    const RooflinePosition together = position(parts);
    EXPECT_DOUBLE_EQ(together.roof, 2e9 / 3);
    EXPECT_DOUBLE_EQ(together.share, 0.5);
}

// What takes no time is no part of it, and bytes beside arithmetic are time at their own roof.
TEST(Comparison, PartsWithoutTimeOrArithmeticKeepTheRoof) {
    Work work;
    work.macs = 500'000'000;
    work.seconds = 2;
    Work none;
    none.bytes = 100;
    const Machine machine{1e9, 1e9, 0};
    const std::vector<PlacedWork> with_none = {{none, {}}, {work, machine}};
    EXPECT_DOUBLE_EQ(position(with_none).roof, 1e9);
    EXPECT_DOUBLE_EQ(position(with_none).share, 0.5);
    Work moved;
    moved.bytes = 1'000'000'000;
    moved.seconds = 1;
    const std::vector<PlacedWork> with_bytes = {{work, machine}, {moved, {2e9, 1e9, 0}}};
    EXPECT_DOUBLE_EQ(position(with_bytes).roof, 0.5e9);     // 1 Gflop in the two seconds that both would take
    EXPECT_DOUBLE_EQ(position(with_bytes).share, 2.0 / 3);  // of three
}

// The order of targets decides nothing; who carries another's figures does not win against it.
TEST(Comparison, EqualsDoNotWin) {
    const std::vector<TargetRun> two_runs = two();
    TargetRun carried = two_runs[1];  // on the fast machine throughout
    carried.name = "mix";
    carried.group.emplace();
    carried.group->parts = {{"fast", two_runs[1].machine, 1}};
    carried.group->places.assign(carried.tasks.size(), 0);
    for (const std::vector<TargetRun>& runs :
         {std::vector{two_runs[0], two_runs[1], carried}, std::vector{carried, two_runs[1], two_runs[0]}}) {
        const Row row = align(runs)[0];
        ASSERT_TRUE(row.winner);
        EXPECT_EQ(runs[*row.winner].name, "fast");
        EXPECT_DOUBLE_EQ(row.margin, 5);
    }
    const std::vector<TargetRun> equal = {two_runs[1], carried};
    EXPECT_FALSE(align(equal)[0].winner);
    EXPECT_EQ(align(equal)[0].why, "the same on fast and mix");
    TargetRun twin = two_runs[1];
    twin.name = "twin";
    const std::vector<TargetRun> twins = {two_runs[0], two_runs[1], twin};
    EXPECT_FALSE(align(twins)[0].winner);
}

// One machine's modelled part of what is recorded counts by that machine's own stretch.
TEST(Comparison, AGroupsModelledSecondsAreByMachine) {
    TargetRun run = two()[0];
    for (TaskResult& task : run.tasks) task.provenance = Provenance::Recorded;
    TargetRun group = group_of_two(run);
    group.group->parts[0].limit_factor = 1.25;
    EXPECT_DOUBLE_EQ(group.modelled_seconds(), run.tasks[0].seconds * 0.2);
}

// One modelled task among recorded ones shows: in its cell, and in the target's sum.
TEST(Comparison, WhatIsModelledAmongRecordedShows) {
    std::vector<TargetRun> runs = two();
    for (TargetRun& run : runs)
        for (TaskResult& task : run.tasks) task.provenance = Provenance::Recorded;
    TaskResult* other = nullptr;
    for (TaskResult& task : runs[0].tasks)
        if (task.kind != "gemm") other = &task;
    ASSERT_NE(other, nullptr);
    other->provenance = Provenance::Modelled;
    EXPECT_EQ(runs[0].provenance(), Provenance::Recorded);
    EXPECT_DOUBLE_EQ(runs[0].modelled_seconds(), other->seconds);
    EXPECT_EQ(runs[1].modelled_seconds(), 0);
    const auto json = targets_json(runs);
    EXPECT_DOUBLE_EQ(json[0]["modelled_seconds"].get<double>(), other->seconds);
    int modelled = 0;
    const std::vector<Row> rows = align(runs);
    for (const auto& row : rows_json(runs, rows))
        for (const auto& cell : row["targets"]) modelled += cell["provenance"] == "modelled" ? 1 : 0;
    EXPECT_EQ(modelled, 1);
}

TEST(Comparison, TargetsSayWhetherTheStepFits) {
    std::vector<TargetRun> runs = two();
    MemoryFit plan;
    plan.footprint.activations = 100;
    plan.footprint.masters = 20;
    plan.capacity = 119;
    runs[0].memory = plan;
    plan.capacity = 0;  // not known
    runs[1].memory = plan;
    const auto json = targets_json(runs);
    EXPECT_EQ(json[0]["fits"], false);
    EXPECT_EQ(json[0]["baseline_fits"], true);
    EXPECT_EQ(json[0]["memory"]["bytes"], 120);
    EXPECT_EQ(json[0]["memory"]["fp32_weights"], 20);
    EXPECT_EQ(json[1]["fits"], true);
}

// A lookup and a norm beside a module that has a linear layer.
TEST(ModuleTally, LayersWithAMatrixBesideModulesHaveRowsOfTheirOwn) {
    Network network;
    network.name = "net";
    const auto layer = [&network](const char* name, LayerKind kind, int module) {
        Layer one;
        one.name = name;
        one.kind = kind;
        one.module = module;
        network.layers.push_back(one);
    };
    layer("table", LayerKind::Lookup, 0);
    layer("norm", LayerKind::LayerNorm, 0);
    layer("body.fc", LayerKind::Linear, 1);
    const auto names = [&network] {
        const ModuleTally tally(network);
        std::string text;
        for (const ModuleShare& share : tally.all()) text += share.name + " ";
        return text;
    };
    network.modules.resize(1);
    network.layers[2].module = 0;
    EXPECT_FALSE(has_modules(network));
    EXPECT_EQ(names(), "net ");
    network.modules.resize(2);
    network.modules[1].name = "body";
    network.layers[2].module = 1;
    EXPECT_EQ(names(), "table net body ");
}

TEST(Comparison, WorkOfNoTimeDividesNothing) {
    std::vector<TargetRun> runs = two();
    runs[1].tasks[1].seconds = 0;
    const std::vector<Row> rows = align(runs);
    EXPECT_EQ(rows[1].winner, std::nullopt);
    EXPECT_EQ(rows[1].margin, 1);
    EXPECT_EQ(rows[1].why, "nothing to be done there");
    EXPECT_TRUE(rows_json(runs, rows)[1]["winner"].is_null());
}

TEST(Comparison, WorkInAnothersKernelIsNoWin) {
    std::vector<TargetRun> runs = two();
    runs[1].tasks[1].seconds = 0;
    runs[1].tasks[1].tile = "softmax, none: attention's kernel forms them";
    EXPECT_EQ(align(runs)[1].winner, std::nullopt);
    EXPECT_EQ(align(runs)[1].why, runs[1].tasks[1].tile);
}

TEST(Comparison, WorkOfOneTargetAloneNobodyWins) {
    std::vector<TargetRun> runs = two();
    runs[1].tasks.erase(runs[1].tasks.begin() + 1);
    EXPECT_EQ(align(runs)[1].winner, std::nullopt);
    EXPECT_EQ(align(runs)[1].why, "");
}

// What the board's limit adds to recorded seconds was not recorded.
TEST(Comparison, StretchedSecondsAreModelledByWhatTheyWereStretched) {
    TargetRun run = two()[0];
    for (TaskResult& task : run.tasks) {
        task.provenance = Provenance::Recorded;
        task.seconds *= 1.25;
    }
    run.limit_factor = 1.25;
    EXPECT_DOUBLE_EQ(run.modelled_seconds(), 0.2 * total_work(run).seconds);
    run.tasks.back().provenance = Provenance::Modelled;
    run.tasks.back().kind = "vector";
    EXPECT_DOUBLE_EQ(run.modelled_seconds(), 0.2 * total_work(run).seconds + 0.8 * run.tasks.back().seconds);
}

}  // namespace
}  // namespace satsim
