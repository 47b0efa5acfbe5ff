// Steps add up: transfers around host work, totals, capacity, the pre-generation ablation. A fake accelerator
// stands in.
#include <gtest/gtest.h>

#include <numeric>

#include "runtime/dispatch/capacity.hpp"
#include "runtime/dispatch/host_target.hpp"
#include "runtime/dispatch/pregeneration.hpp"
#include "runtime/dispatch/result_json.hpp"
#include "runtime/dispatch/step_runner.hpp"
#include "runtime/support/error.hpp"

namespace satsim {
namespace {

Hardware machine() {
    return load_hardware(SATSIM_SOURCE_DIR "/models/hardware/vcu1525-sat32.json");
}

// Every GEMM takes as many cycles as its MACs fill the array with half of its slots idle.
class FakeAccelerator : public Target {
  public:
    [[nodiscard]] std::string name() const override { return "fake"; }
    [[nodiscard]] bool can_run(const Task& task) const override {
        const auto* vector = std::get_if<VectorTask>(&task);
        return vector == nullptr || vector->sat_capable;
    }
    [[nodiscard]] std::vector<TaskResult> run(const std::vector<Task>& tasks,
                                              const std::function<void(std::size_t, std::size_t)>&) override {
        ++calls;
        std::vector<TaskResult> results;
        for (const Task& task : tasks) {
            TaskResult result;
            if (const auto* gemm = std::get_if<GemmTask>(&task)) {
                result.layer = gemm->layer;
                result.stage = to_string(gemm->stage);
                result.kind = "gemm";
                result.shape = gemm->shape;
                result.nm = gemm->nm;
                result.dense_macs = gemm->dense_macs();
                if (gemm->gather.from_host) result.input_bytes = 1'000'000;
                result.macs_issued = gemm->dense_macs() * gemm->nm.n / gemm->nm.m;
                result.cycles = 2 * result.macs_issued / 1024;
                result.execution.counters.mac_slots = result.macs_issued;
            } else {
                result.layer = std::get<VectorTask>(task).layer;
                result.stage = "FF";
                result.kind = "vector";
                result.cycles = 1000;
            }
            result.seconds = static_cast<double>(result.cycles) / 200e6;
            results.push_back(result);
        }
        return results;
    }
    int calls = 0;
};

GemmTask gemm(const std::string& layer, NmPattern nm) {
    GemmTask task;
    task.layer = layer;
    task.shape = {1024, 1024, 1024};
    task.nm = nm;
    return task;
}

VectorTask host_task(const std::string& layer, VectorOp op, int reads, int writes) {
    VectorTask task;
    task.layer = layer;
    task.op = op;
    task.elements = 1'000'000;
    task.reads_fp16 = reads;
    task.writes_fp16 = writes;
    task.sat_capable = false;
    return task;
}

TrainingStep step_of(std::vector<Task> tasks) {
    TrainingStep step;
    step.network = "net";
    step.recipe = "test";
    step.batch = 1;
    step.tasks = std::move(tasks);
    return step;
}

StepResult run_one(std::vector<Task> tasks) {
    const Hardware hardware = machine();
    FakeAccelerator sat;
    HostTarget host(hardware);
    return run_steps({step_of(std::move(tasks))}, hardware, sat, host, {}).front();
}

TEST(StepRunner, HostTasksMoveTheirTensorsBothWays) {
    const Hardware hardware = machine();
    const StepResult result =
        run_one({gemm("a", {8, 8}), host_task("gelu", VectorOp::Activation, 1, 1), gemm("b", {8, 8})});
    std::vector<std::string> kinds;
    for (const TaskResult& task : result.tasks) kinds.push_back(task.kind);
    EXPECT_EQ(kinds, (std::vector<std::string>{"gemm", "transfer", "host", "transfer", "gemm"}));
    const double each = hardware.host.pcie_latency.value + 2e6 / hardware.host.pcie_bandwidth.value;
    EXPECT_DOUBLE_EQ(result.time.transfer, 2 * each);
    EXPECT_DOUBLE_EQ(result.time.host, 4e6 / hardware.host.memory_bandwidth.value);
    EXPECT_EQ(result.dram_bytes, 4'000'000);
}

TEST(StepRunner, HostTasksOfOneLayerShareTheirInputs) {
    const StepResult result =
        run_one({host_task("ln", VectorOp::NormStatistics, 1, 0), host_task("ln", VectorOp::NormApply, 1, 1),
                 host_task("gelu", VectorOp::Activation, 1, 1)});
    std::vector<std::string> kinds;
    std::vector<Bytes> moved;
    for (const TaskResult& task : result.tasks) {
        kinds.push_back(task.kind);
        if (task.kind == "transfer") moved.push_back(task.dram_bytes);
    }
    EXPECT_EQ(kinds, (std::vector<std::string>{"transfer", "host", "host", "transfer", "transfer", "host",
                                               "transfer"}));
    EXPECT_EQ(moved, (std::vector<Bytes>{2'000'000, 2'000'000, 2'000'000, 2'000'000}));
}

const TaskResult* next_batch(const StepResult& result) {
    const TaskResult& last = result.tasks.back();
    return last.part == "next batch" ? &last : nullptr;
}

TEST(StepRunner, TheNextBatchArrivesBehindTheStep) {
    GemmTask first = gemm("a", {8, 8});
    EXPECT_EQ(next_batch(run_one({first})), nullptr);
    first.gather.from_host = true;
    const StepResult result = run_one({first, gemm("b", {8, 8}), first});  // recomputed: read again
    ASSERT_NE(next_batch(result), nullptr);
    EXPECT_EQ(next_batch(result)->kind, "transfer");
    EXPECT_EQ(next_batch(result)->layer, "a");
    EXPECT_EQ(next_batch(result)->seconds, 0);
    EXPECT_EQ(next_batch(result)->dram_bytes, 1'000'000);
    const double behind = 1e6 / machine().host.pcie_bandwidth.value + machine().host.pcie_latency.value;
    EXPECT_DOUBLE_EQ(next_batch(result)->hidden_seconds, behind);
    EXPECT_GT(next_batch(result)->energy_j, behind * machine().power.host_busy.value);
    EXPECT_EQ(result.dram_bytes, 1'000'000);
    EXPECT_EQ(result.time.transfer, 0);

    // A link that is slower than the step: what is left is waited for. Inputs of other layers count too.
    Hardware hardware = machine();
    hardware.host.pcie_bandwidth.value = 1e6;
    hardware.host.pcie_latency.value = 0;
    FakeAccelerator sat;
    HostTarget host(hardware);
    TrainingStep step = step_of({first});
    step.input_bytes = 500'000;
    const StepResult slow = run_steps({step}, hardware, sat, host, {}).front();
    EXPECT_DOUBLE_EQ(slow.seconds(), 1.5);
    EXPECT_DOUBLE_EQ(slow.time.transfer, 1.5 - slow.time.gemm);
}

TEST(StepRunner, TotalsAreSumsOfTasks) {
    const StepResult result =
        run_one({gemm("a", {8, 8}), gemm("b", {2, 8}), host_task("x", VectorOp::Softmax, 2, 1)});
    const Cycles dense = 2 * (1 << 20);
    EXPECT_EQ(result.gemm_cycles, dense + dense / 4);
    EXPECT_DOUBLE_EQ(result.utilization(), 0.5);
    EXPECT_DOUBLE_EQ(result.arithmetic_bound(), 2 / 1.25);
    EXPECT_GE(static_cast<double>(result.cycles()), result.seconds() * 200e6 * (1 - 1e-9));
    double seconds = 0;
    double joules = 0;
    for (const TaskResult& task : result.tasks) {
        seconds += task.seconds;
        joules += task.energy_j;
    }
    EXPECT_NEAR(seconds, result.seconds(), 1e-12);
    EXPECT_NEAR(joules, result.energy.joules(), 1e-9 * joules);
}

TEST(StepRunner, AllStepsReachTheAcceleratorTogether) {
    const Hardware hardware = machine();
    FakeAccelerator sat;
    HostTarget host(hardware);
    const auto results =
        run_steps({step_of({gemm("a", {8, 8})}), step_of({gemm("a", {2, 8})})}, hardware, sat, host, {});
    EXPECT_EQ(sat.calls, 1);
    ASSERT_EQ(results.size(), 2U);
    EXPECT_DOUBLE_EQ(gemm_speedup(results[0], results[1]), 4);
}

TEST(StepRunner, TheCardRefreshesWhileTheHostWorks) {
    Hardware hardware = machine();
    hardware.host.pcie_latency.value = 1;
    FakeAccelerator sat;
    HostTarget host(hardware);
    const auto refreshes = [&] {
        const StepResult result =
            run_steps({step_of({host_task("x", VectorOp::Softmax, 2, 1)})}, hardware, sat, host, {}).front();
        EXPECT_GE(result.time.transfer, 2);
        for (const energy::CountedEnergy& part : result.energy.counted)
            if (part.name == "DDR4 refresh") return part.events;
        return std::int64_t{-1};
    };
    // There and back take a second each.
    const auto a_second = static_cast<std::int64_t>(hardware.clock_hz / hardware.memory_config().ddr4.refi);
    EXPECT_NEAR(static_cast<double>(refreshes()), static_cast<double>(2 * a_second * hardware.array.channels),
                1e-3 * static_cast<double>(a_second * hardware.array.channels));
    hardware.memory_kind = dram::MemoryKind::Ideal;
    EXPECT_EQ(refreshes(), 0);
}

TEST(ResultJson, CyclesAreTheWholeStepRoundedUp) {
    const StepResult result = run_one({gemm("a", {8, 8}), host_task("x", VectorOp::Softmax, 2, 1)});
    const auto object = compare_json(result, result);
    EXPECT_EQ(object.at("speedup"), 1.0);
    const auto& one = object.at("results").at(1);
    EXPECT_EQ(one.at("cycles"),
              static_cast<Cycles>(std::ceil(one.at("seconds").get<double>() * 200e6 * (1 - 1e-12))));
    EXPECT_EQ(one.at("layers").size(), 1U);
    EXPECT_EQ(one.at("layers").at(0).at("nm"), "dense");
}

TEST(Capacity, RefusesWithTheArithmetic) {
    const Hardware hardware = machine();
    Footprint footprint;
    footprint.activations = hardware.capacity_bytes();
    require_capacity("network n", footprint, hardware);
    footprint.masters = 1;
    try {
        require_capacity("network n", footprint, hardware);
        FAIL() << "accepted";
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("network n: needs 64.0 GiB"), std::string::npos)
            << error.what();
    }
}

TEST(Pregeneration, PrunesOnDemandBeforeEverySparseGemmOnWeights) {
    VectorTask optimizer;
    optimizer.op = VectorOp::Optimizer;
    optimizer.elements = 100;
    optimizer.pregenerate_ff = optimizer.pregenerate_bp = NmPattern{2, 8};
    GemmTask gradient = gemm("c", {2, 8});
    gradient.sparse_is_activation = true;
    const TrainingStep step =
        without_pregeneration(step_of({gemm("a", {2, 8}), gemm("b", {8, 8}), gradient, optimizer}));
    ASSERT_EQ(step.tasks.size(), 5U);
    const auto& prune = std::get<VectorTask>(step.tasks[0]);
    EXPECT_EQ(prune.op, VectorOp::Prune);
    EXPECT_EQ(prune.elements, 1024 * 1024);
    EXPECT_EQ(prune.shape, (MatrixShape{1, 1024, 1024}));
    EXPECT_EQ(prune.extra_bytes, 1024 * 1024 / 4 * 5 / 2);
    const auto& plain = std::get<VectorTask>(step.tasks[4]);
    EXPECT_TRUE(plain.pregenerate_ff->dense());
    EXPECT_FALSE(plain.pregenerate_bp.has_value());
    EXPECT_EQ(plain.extra_bytes, 200);
}

TEST(Pregeneration, ADenseBackwardPassKeepsItsTransposedCopy) {
    VectorTask optimizer;
    optimizer.op = VectorOp::Optimizer;
    optimizer.elements = 100;
    for (const NmPattern ff : {NmPattern{8, 8}, NmPattern{2, 8}}) {
        optimizer.pregenerate_ff = ff;
        optimizer.pregenerate_bp = NmPattern{8, 8};
        const TrainingStep step = without_pregeneration(step_of({optimizer}));
        const auto& plain = std::get<VectorTask>(step.tasks.at(0));
        EXPECT_TRUE(plain.pregenerate_ff->dense());
        ASSERT_TRUE(plain.pregenerate_bp.has_value());
        EXPECT_TRUE(plain.pregenerate_bp->dense());
        EXPECT_EQ(plain.extra_bytes, 400);
    }
}

}  // namespace
}  // namespace satsim
