// GpuEngine on an executor (emulated or real) against the CPU and SAT: every task of small networks element
// by element, whole steps with tasks placed at random.
#pragma once

#include <gtest/gtest.h>

#include "runtime/gpu_execute/gpu_engine.hpp"
#include "runtime/support/error.hpp"
#include "tests/unit/execute/engines.hpp"
#include "tests/unit/execute/networks.hpp"
#include "tests/unit/gpu_execute/watched_executor.hpp"

namespace satsim::execute::test {

struct GpuSetting {
    const char* name;
    Network (*network)();
    const char* recipe;
    std::int64_t batch;
};

// One layer of every kind that the GPU has kernels for, in all their forms.
inline Network maps_of_every_kind() {
    return network_of(nlohmann::json::parse(R"([
        {"kind": "conv", "out": 16, "kernel": 3, "pad": 1, "bias": true, "name": "a"},
        {"kind": "batchnorm"}, {"kind": "relu"},
        {"kind": "conv", "out": 16, "kernel": 3, "pad": 1, "stride": 2, "name": "b"},
        {"kind": "groupnorm", "groups": 4, "name": "g"}, {"kind": "gelu"},
        {"kind": "conv", "out": 16, "kernel": 3, "groups": 2, "pad": 2, "dilation": 2, "name": "c"},
        {"kind": "add", "with": "b"},
        {"kind": "conv-transpose", "out": 24, "kernel": 4, "stride": 2, "pad": 1, "bias": true},
        {"kind": "activation", "function": "gelu"},
        {"kind": "pad", "pad": 1},
        {"kind": "conv", "out": 20, "kernel": 1, "stride": 3}, {"kind": "relu"},
        {"kind": "conv", "out": 10, "kernel": 1}])"),
                      {8, 10, 10});
}
inline Network rows_of_every_kind() {
    return network_of(nlohmann::json::parse(R"([
        {"kind": "linear", "out": 24, "bias": true, "name": "a"}, {"kind": "layernorm"}, {"kind": "gelu"},
        {"kind": "linear", "out": 24, "name": "b"}, {"kind": "rmsnorm", "name": "n"},
        {"kind": "mul", "with": "a"}, {"kind": "rmsnorm", "size": 8}, {"kind": "softmax"},
        {"kind": "linear", "out": 48, "name": "qkv"},
        {"kind": "slice", "axis": "channels", "start": 0, "size": 16, "name": "q"},
        {"kind": "slice", "from": "qkv", "axis": "channels", "start": 16, "size": 16, "name": "k"},
        {"kind": "slice", "from": "qkv", "axis": "channels", "start": 32, "size": 16, "name": "v"},
        {"kind": "attend", "from": "q", "with": ["k", "v"], "heads": 4, "kv_heads": 4, "causal": true},
        {"kind": "linear", "out": 24, "name": "o"}, {"kind": "add", "with": "n"},
        {"kind": "permute", "shape": [12, 1, 24], "transposed": true, "name": "p"},
        {"kind": "linear", "out": 12}, {"kind": "relu"},
        {"kind": "linear", "out": 31, "name": "logits"}, {"kind": "loss"}])"),
                      {16, 1, 12});
}
// Operands that all samples share, trained vectors, weights with two uses.
inline Network shared_operands() {
    return network_of(nlohmann::json::parse(R"([
        {"kind": "parameter", "shape": [16, 1, 1], "trained": 16, "name": "scale"},
        {"kind": "parameter", "shape": [16, 1, 1], "trained": 16, "name": "shift"},
        {"kind": "parameter", "shape": [16, 1, 6], "trained": 96, "name": "place"},
        {"kind": "linear", "from": "input", "out": 16, "name": "a"}, {"kind": "mul", "with": "scale"},
        {"kind": "add", "with": "place"}, {"kind": "gelu"},
        {"kind": "linear", "out": 16, "tied": "a"}, {"kind": "add", "with": "shift"}, {"kind": "relu"},
        {"kind": "linear", "out": 8, "name": "head"}, {"kind": "loss"}])"),
                      {16, 1, 6}, 4);
}

// Pools, resampling, tables, gates, operands that are spread.
inline Network other_maps() {
    return network_of(nlohmann::json::parse(R"([
        {"kind": "conv", "out": 8, "kernel": 3, "pad": 1, "name": "a"},
        {"kind": "maxpool", "kernel": 3, "stride": 2, "pad": 1}, {"kind": "conv", "out": 8, "kernel": 1},
        {"kind": "resize", "shape": [8, 12, 9]}, {"kind": "conv", "out": 8, "kernel": 1},
        {"kind": "avgpool", "kernel": 3, "stride": 2, "pad": 1}, {"kind": "conv", "out": 16, "kernel": 1},
        {"kind": "resize", "shape": [16, 4, 3]}, {"kind": "activation", "function": "silu", "name": "s"},
        {"kind": "reduce", "axis": "height", "name": "r"}, {"kind": "add", "from": "s", "with": "r", "name": "t"},
        {"kind": "reduce", "axis": "channels", "name": "u"}, {"kind": "mul", "from": "t", "with": "u"},
        {"kind": "conv", "out": 16, "kernel": 1}, {"kind": "globalpool"},
        {"kind": "linear", "out": 10}, {"kind": "loss"}])"),
                      {8, 13, 10});
}
inline Network other_rows() {
    return network_of(nlohmann::json::parse(R"([
        {"kind": "lookup", "rows": 24, "out": 16}, {"kind": "embedding", "class_token": true, "rows": 13},
        {"kind": "linear", "out": 48}, {"kind": "glu", "function": "silu"},
        {"kind": "quantize", "rows": 7}, {"kind": "linear", "out": 24, "name": "q"},
        {"kind": "rope", "size": 20}, {"kind": "rmsnorm", "name": "n"},
        {"kind": "attend", "with": ["q", "q"], "heads": 2, "kv_heads": 2}, {"kind": "linear", "out": 16},
        {"kind": "embedding", "rows": 13}, {"kind": "reduce", "axis": "width"},
        {"kind": "linear", "out": 10}, {"kind": "loss"}])"),
                      {1, 1, 12});
}

// Experts with positions of several of them, a table read by index, sets of weights.
inline Network sets_of_weights() {
    return network_of(nlohmann::json::parse(R"([
        {"kind": "parameter", "shape": [24, 1, 12], "trained": 100, "name": "p"},
        {"kind": "linear", "from": "input", "out": 24, "bias": true, "sets": [7, 5], "name": "a"},
        {"kind": "add", "with": "p"}, {"kind": "rmsnorm", "sets": [5, 7], "name": "n"},
        {"kind": "select", "positions": 36}, {"kind": "linear", "out": 16, "bias": true, "sets": 4},
        {"kind": "layernorm", "sets": 4}, {"kind": "gelu"}, {"kind": "linear", "out": 24, "sets": 4},
        {"kind": "combine", "ways": 3}, {"kind": "add", "with": "n"}, {"kind": "linear", "out": 10}, {"kind": "loss"}])"),
                      {16, 1, 12});
}

inline const std::vector<GpuSetting> kGpuSettings{{"strided_first", strided_first, "dense", 2},
                                                  {"maps_dense", maps_of_every_kind, "dense", 2},
                                                  {"maps_bdwp", maps_of_every_kind, "bdwp-2:8", 2},
                                                  {"rows_dense", rows_of_every_kind, "dense", 2},
                                                  {"rows_bdwp", rows_of_every_kind, "bdwp-2:4", 2},
                                                  {"rows_sr_ste", rows_of_every_kind, "sr-ste-1:4", 2},
                                                  {"rows_4_of_8", rows_of_every_kind, "bdwp-4:8", 2},
                                                  {"shared", shared_operands, "bdwp-1:2", 4},
                                                  {"sets", sets_of_weights, "bdwp-2:4", 2},
                                                  {"vit_bdwp", narrow_vit, "bdwp-2:8", 2},
                                                  {"vit_dense", narrow_vit, "dense", 2},
                                                  {"experts", few_experts, "bdwp-2:8", 2},
                                                  {"other_maps", other_maps, "bdwp-2:8", 2},
                                                  {"other_rows", other_rows, "bdwp-2:8", 2},
                                                  {"resnet9_bdwp", narrow_resnet9, "bdwp-2:8", 2},
                                                  {"armor_full", smallest_armor, "full+bdwp-2:8", 1},
                                                  {"maps_sdgp", maps_of_every_kind, "sdgp-2:8", 2},
                                                  {"rows_sdgp", rows_of_every_kind, "sdgp-2:4", 2},
                                                  {"vit_sdgp", narrow_vit, "sdgp-2:8", 2},
                                                  {"experts_sdgp", few_experts, "sdgp-2:8", 2},
                                                  {"sets_sdgp", sets_of_weights, "sdgp-2:4", 2},
                                                  {"rows_sdgp_4_of_8", rows_of_every_kind, "sdgp-4:8", 2}};

class GpuStep {
  public:
    explicit GpuStep(const GpuSetting& setting, const std::string& more = "")
        : network(setting.network()),
          recipe(load_recipe(setting.recipe + more, kModels)),
          step(make_training_step(network, recipe, setting.batch)),
          start_(network, setting.batch, 11) {}

    std::vector<NamedValues> run(const std::vector<Engine*>& engines, const std::vector<int>& placement) {
        Store store = start_;
        return all_of(execute_step(network, recipe, step, placement, engines, store, hyper));
    }
    std::vector<NamedValues> run(Engine& engine) {
        return run({&engine}, std::vector<int>(step.tasks.size(), 0));
    }
    // Pruned gradients keep what the first of these runs keeps.
    std::vector<NamedValues> run_selected(const std::vector<Engine*>& engines,
                                          const std::vector<int>& placement) {
        std::vector<SelectingEngine> selecting;
        selecting.reserve(engines.size());
        std::vector<Engine*> used;
        for (Engine* engine : engines) used.push_back(&selecting.emplace_back(*engine, selections_));
        return run(used, placement);
    }
    std::vector<NamedValues> run_selected(Engine& engine) {
        return run_selected({&engine}, std::vector<int>(step.tasks.size(), 0));
    }
    // What one unit in every map does, twice (docs/architecture/execution.md).
    std::vector<double> bounds(const std::vector<NamedValues>& cpu) {
        std::vector<double> allowed(cpu.size(), 0.0);
        for (const unsigned seed : {1U, 2U, 3U}) {
            ShakenEngine shaken(seed);
            const std::vector<NamedValues> moved = run_selected(shaken);
            for (std::size_t i = 0; i < cpu.size(); ++i)
                allowed[i] = std::max(allowed[i], 2 * distance(moved[i].values, cpu[i].values));
        }
        return allowed;
    }
    [[nodiscard]] std::int64_t tasks_on(const std::vector<int>& placement, int engine) const {
        return std::count(placement.begin(), placement.end(), engine);
    }

    Network network;
    Recipe recipe;
    TrainingStep step;
    schedule::Hyperparameters hyper{.learning_rate = 1e-3F};

  private:
    Store start_;
    Selections selections_;
};

struct Comparison {
    std::int64_t compared = 0;
    std::int64_t different = 0;
    std::int64_t outside = 0;
    std::int64_t gpu_tasks = 0;
    std::string where;
};

// The tasks that the GPU can run, on it and on the CPU with the same operands.
inline Comparison compare_tasks(GpuStep& step, gpu::Executor& device) {
    GpuEngine engine(device, step.network);
    CpuEngine cpu;
    ComparingEngine both(engine, cpu);
    const std::vector<Engine*> engines{&both, &cpu};
    const std::vector<int> placement = first_placement(step.step, engines);
    step.run(engines, placement);
    return {both.compared, both.different, both.outside, step.tasks_on(placement, 0), both.where};
}

inline void expect_tasks_agree(gpu::Executor& device, const GpuSetting& setting) {
    GpuStep step(setting);
    gpu::test::WatchedExecutor watched(device);
    const Comparison found = compare_tasks(step, watched);
    EXPECT_EQ(found.outside, 0) << "of " << found.compared << " elements:" << found.where;
    EXPECT_GT(found.compared, 1000);
    EXPECT_GT(found.different, 0);  // the engines do not share their arithmetic
    EXPECT_GT(found.gpu_tasks, 5);
    EXPECT_GT(watched.products, 0);
    EXPECT_GT(watched.updates, 0);
    const bool within = step.recipe.nm.n <= 2 && !step.recipe.nm.dense();
    EXPECT_EQ(watched.sparse_products > 0, within);
    testing::Test::RecordProperty("compared", std::to_string(found.compared));
    testing::Test::RecordProperty("different", std::to_string(found.different));
    testing::Test::RecordProperty("gpu_tasks", std::to_string(found.gpu_tasks));
}

// SAT, GPU and CPU mixed at random.
inline void expect_placements_agree(gpu::Executor& device, const GpuSetting& setting, int seeds) {
    GpuStep step(setting);
    GpuEngine engine(device, step.network);
    CpuEngine cpu;
    SatFunctionalEngine sat(small_machine());
    const std::vector<NamedValues> plain = step.run_selected(cpu);
    const std::vector<double> allowed = step.bounds(plain);
    const auto expect_near = [&](const std::vector<NamedValues>& other, const std::string& what) {
        ASSERT_EQ(other.size(), plain.size());
        for (std::size_t i = 0; i < plain.size(); ++i)
            EXPECT_LE(distance(other[i].values, plain[i].values), allowed[i])
                << what << ": " << plain[i].name;
    };
    const std::vector<Engine*> two{&engine, &cpu};
    expect_near(step.run_selected(two, first_placement(step.step, two)), "all that the GPU can");
    const std::vector<Engine*> engines{&sat, &engine, &cpu};
    for (int seed = 1; seed <= seeds; ++seed) {
        const std::vector<int> placement = random_placement(step.step, engines, static_cast<unsigned>(seed));
        for (int each = 0; each < 3; ++each) EXPECT_GT(step.tasks_on(placement, each), 0);
        expect_near(step.run_selected(engines, placement), "seed " + std::to_string(seed));
    }
}

// Runs updates and prunings on SAT and on the GPU and counts bits that differ; everything else on the CPU.
class UpdatesOnBoth : public Engine {
  public:
    UpdatesOnBoth(Engine& sat, Engine& gpu) : sat_(sat), gpu_(gpu) {}
    [[nodiscard]] std::string name() const override { return "both"; }
    [[nodiscard]] std::string refusal(const Task&) const override { return {}; }
    void gemm(const GemmWork& work) override { cpu_.gemm(work); }
    void vector(const VectorWork& work) override {
        if (work.task.op != VectorOp::Optimizer && work.task.op != VectorOp::Prune) return cpu_.vector(work);
        VectorWork second = work;
        std::vector<Values> theirs;
        theirs.reserve(work.results.size());
        for (std::span<double>& each : second.results) each = theirs.emplace_back(each.size());
        PackedWeight ff;
        PackedWeight bp;
        if (work.ff != nullptr) second.ff = &ff;
        if (work.bp != nullptr) second.bp = &bp;
        sat_.vector(second);
        gpu_.vector(work);
        for (std::size_t r = 0; r < theirs.size(); ++r)
            for (std::size_t i = 0; i < theirs[r].size(); ++i) count(work.results[r][i] == theirs[r][i]);
        if (work.ff != nullptr) compare(*work.ff, ff);
        if (work.bp != nullptr) compare(*work.bp, bp);
    }
    std::int64_t compared = 0;
    std::int64_t copies = 0;  // values of them
    std::int64_t different = 0;

  private:
    void count(bool same) {
        ++compared;
        if (!same) ++different;
    }
    void compare(const PackedWeight& mine, const PackedWeight& theirs) {
        count(mine.nm == theirs.nm && mine.taps == theirs.taps && mine.k == theirs.k && mine.n == theirs.n);
        count(mine.packed == theirs.packed);
        count(mine.dense.size() == theirs.dense.size());
        copies += static_cast<std::int64_t>(mine.dense.size());
        for (std::size_t i = 0; i < std::min(mine.dense.size(), theirs.dense.size()); ++i)
            count(mine.dense[i] == theirs.dense[i] &&
                  std::signbit(mine.dense[i]) == std::signbit(theirs.dense[i]));
    }

    Engine& sat_;
    Engine& gpu_;
    CpuEngine cpu_;
};

// Masters, states and packed copies are SAT's, bit for bit.
inline void expect_updates_are_sats(gpu::Executor& device, const GpuSetting& setting,
                                    const std::string& optimizer) {
    GpuStep step(setting);
    step.recipe.optimizer = optimizer == "adam"    ? Optimizer::Adam
                            : optimizer == "adamw" ? Optimizer::AdamW
                                                   : Optimizer::Sgd;
    step.step = make_training_step(step.network, step.recipe, setting.batch);
    step.hyper.weight_decay = 0.01F;
    step.hyper.sr_ste_decay = 0.25F;
    GpuEngine engine(device, step.network);
    SatFunctionalEngine sat(small_machine());
    UpdatesOnBoth both(sat, engine);
    step.run(both);
    EXPECT_EQ(both.different, 0) << "of " << both.compared << " values with " << optimizer;
    EXPECT_GT(both.copies, 1000);
}

// Sums of weight gradients, of micro-batches and of two uses of a weight.
inline void expect_sums_of_gradients(gpu::Executor& device) {
    GpuStep step({"shared", shared_operands, "bdwp-2:4", 4});
    step.recipe.micro_batches = 2;
    step.step = make_training_step(step.network, step.recipe, 4);
    gpu::test::WatchedExecutor watched(device);
    const Comparison found = compare_tasks(step, watched);
    EXPECT_EQ(found.outside, 0) << found.where;
    bool wide = false;
    GpuEngine engine(device, step.network);
    for (const Task& task : step.step.tasks)
        if (const auto* vector = std::get_if<VectorTask>(&task))
            wide = wide || (vector->op == VectorOp::Add && vector->reads_fp32 > 0 && engine.can_run(task));
    EXPECT_TRUE(wide);
}

inline void expect_loss_falls(gpu::Executor& device) {
    const Network network = network_of(
        nlohmann::json::parse(R"([{"kind": "linear", "out": 32, "bias": true}, {"kind": "layernorm"},
                                  {"kind": "gelu"}, {"kind": "linear", "out": 32}, {"kind": "relu"},
                                  {"kind": "linear", "out": 10}, {"kind": "loss"}])"),
        {16, 1, 12});
    const Recipe recipe = load_recipe("bdwp-2:8", kModels);
    const TrainingStep step = make_training_step(network, recipe, 2);
    GpuEngine engine(device, network);
    CpuEngine cpu;
    const std::vector<Engine*> engines{&engine, &cpu};
    Store store(network, 2, 2);
    schedule::Hyperparameters hyper{.learning_rate = 0.2F};
    std::vector<double> losses;
    for (hyper.step = 1; hyper.step <= 12; ++hyper.step) {
        execute_step(network, recipe, step, first_placement(step, engines), engines, store, hyper);
        losses.push_back(0);
        for (const auto& each : store.losses) losses.back() += each.second;
    }
    EXPECT_LT(losses.back(), 0.8 * losses.front());
}

}  // namespace satsim::execute::test
