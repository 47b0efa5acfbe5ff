// The GPU engine on an emulated GPU. docs/architecture/execution.md states the bounds.
#include "tests/unit/gpu_execute/emulated_executor.hpp"

#include <gtest/gtest.h>

#include "tests/unit/gpu/emulated_wgmma.hpp"
#include "tests/unit/gpu_execute/engine_checks.hpp"

namespace satsim::execute::test {
namespace {

using gpu::test::EmulatedExecutor;
using gpu::test::WatchedExecutor;
using Fault = WatchedExecutor::Fault;

// Sparse products by wgmma.sp instead of mma.sp.
class EmulatedHopperExecutor : public EmulatedExecutor {
  public:
    void sparse_product(const gpu::SparseGemmArguments& a) override {
        ASSERT_EQ(gpu::WgmmaTile::refusal(a.shape, a.view), nullptr);
        gpu::test::EmulatedHopper().sparse_gemm(gpu::WgmmaTile{}, a);
    }
};

class GpuEngineSteps : public testing::TestWithParam<GpuSetting> {
  protected:
    ~GpuEngineSteps() override { EXPECT_EQ(device.overruns, 0); }
    EmulatedExecutor device;
};

TEST_P(GpuEngineSteps, TasksAgreeElementByElement) {
    expect_tasks_agree(device, GetParam());
}
TEST_P(GpuEngineSteps, TasksAgreeOnHopper) {
    EmulatedHopperExecutor hopper;
    expect_tasks_agree(hopper, GetParam());
    EXPECT_EQ(hopper.overruns, 0);
}
TEST_P(GpuEngineSteps, RandomPlacementsAgree) {
    expect_placements_agree(device, GetParam(), 3);
}

INSTANTIATE_TEST_SUITE_P(Networks, GpuEngineSteps, testing::ValuesIn(kGpuSettings),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(GpuEngineUpdates, AreSatsBitForBit) {
    EmulatedExecutor device;
    for (const char* optimizer : {"sgd", "adam", "adamw"})
        for (const char* recipe : {"bdwp-2:8", "sr-ste-2:4", "bdwp-1:2", "bdwp-4:8", "dense", "sr-ste-1:8",
                                   "sdgp-2:8", "sdgp-1:2"})
            for (const auto network : {rows_of_every_kind, maps_of_every_kind})
                expect_updates_are_sats(device, {"", network, recipe, 2}, optimizer);
    EXPECT_EQ(device.overruns, 0);
}

TEST(GpuEngineSums, OfGradientsAreTheDevices) {
    EmulatedExecutor device;
    expect_sums_of_gradients(device);
}

TEST(GpuEngineTraining, LowersTheLoss) {
    EmulatedExecutor device;
    expect_loss_falls(device);
}

// Convolutions with a pattern run by the kernel that gathers, phases of strided gradients among them;
// channels that are no multiple of 8 run dense.
TEST(GpuEngineSparse, ConvolutionsGoToTheOwnKernel) {
    EmulatedExecutor device;
    WatchedExecutor watched(device);
    GpuStep step({"", maps_of_every_kind, "bdwp-2:8", 2});
    compare_tasks(step, watched);
    EXPECT_GT(watched.sparse_convolutions, 4);
    EXPECT_GT(watched.sparse_products, watched.sparse_convolutions);
    std::int64_t patterned = 0;
    for (const Task& task : step.step.tasks)
        if (const auto* gemm = std::get_if<GemmTask>(&task))
            if (!gemm->nm.dense() && gemm->weight_operand) patterned += gemm->count;
    EXPECT_LT(watched.sparse_products, patterned);  // 20 channels
}

// What these tests are for: a fault in one kind of call shows.
TEST(GpuEngineFaults, AreNoticed) {
    const std::vector<std::pair<Fault, GpuSetting>> faults{
        {Fault::Position, {"", rows_of_every_kind, "dense", 2}},
        {Fault::SparseTaps, {"", maps_of_every_kind, "bdwp-2:8", 2}},
        {Fault::SparseMask, {"", rows_of_every_kind, "bdwp-2:4", 2}},
        {Fault::Factor, {"", rows_of_every_kind, "dense", 2}},
        {Fault::Centre, {"", rows_of_every_kind, "dense", 2}},
        {Fault::Decay, {"", rows_of_every_kind, "sr-ste-2:8", 2}},
        {Fault::Coefficients, {"", maps_of_every_kind, "dense", 2}},
        {Fault::Strip, {"", rows_of_every_kind, "dense", 2}},
        {Fault::Total, {"", rows_of_every_kind, "dense", 2}},
        {Fault::Pad, {"", other_maps, "dense", 2}},
        {Fault::TableRow, {"", other_rows, "dense", 2}}};
    for (const auto& [fault, setting] : faults) {
        EmulatedExecutor device;
        WatchedExecutor faulty(device, fault);
        GpuStep step(setting);
        step.hyper.sr_ste_decay = 0.5F;
        step.hyper.learning_rate = 0.1F;
        EXPECT_GT(compare_tasks(step, faulty).outside, 0) << static_cast<int>(fault);
        WatchedExecutor sound(device);
        EXPECT_EQ(compare_tasks(step, sound).outside, 0) << static_cast<int>(fault);
    }
}

std::string refused(const Network& network, VectorOp op, Stage stage) {
    EmulatedExecutor device;
    const GpuEngine engine(device, network);
    for (const Task& task : make_training_step(network, Recipe{}).tasks)
        if (const auto* vector = std::get_if<VectorTask>(&task))
            if (vector->op == op && vector->stage == stage && !engine.can_run(task))
                return engine.refusal(task);
    return "";
}

TEST(GpuEngineRefusals, SayWhichKernelThereIsNot) {
    const auto layers = [](const char* text) { return network_of(nlohmann::json::parse(text), {8, 1, 6}); };
    const auto none = [](const char* what) { return std::string("the GPU has no kernel for ") + what; };
    const Network tanh =
        layers(R"([{"kind": "linear", "out": 8}, {"kind": "activation", "function": "tanh"}])");
    EXPECT_EQ(refused(tanh, VectorOp::Activation, Stage::FF), none("the function tanh"));
    EXPECT_EQ(refused(tanh, VectorOp::ActivationGrad, Stage::BP), none("the function tanh"));
    const Network glu = layers(R"([{"kind": "linear", "out": 8}, {"kind": "glu", "function": "gelu"}])");
    EXPECT_EQ(refused(glu, VectorOp::Activation, Stage::FF), none("a gate of the function gelu"));
    EXPECT_EQ(refused(glu, VectorOp::ActivationGrad, Stage::BP), none("a gate of the function gelu"));
    const Network table = layers(
        R"([{"kind": "parameter", "shape": [8, 1, 6], "trained": 20, "name": "p"},
            {"kind": "linear", "from": "input", "out": 8}, {"kind": "add", "with": "p"}])");
    EXPECT_EQ(refused(table, VectorOp::Embed, Stage::FF), "");
    EXPECT_EQ(refused(table, VectorOp::Embed, Stage::BP),
              none("the gradient of a table that a parameter is gathered from"));
    const Network both =
        layers(R"([{"kind": "linear", "out": 8}, {"kind": "gelu"}, {"kind": "glu", "function": "silu"},
                                    {"kind": "activation", "function": "silu"}])");
    for (const VectorOp op : {VectorOp::Activation, VectorOp::ActivationGrad})
        for (const Stage stage : {Stage::FF, Stage::BP}) EXPECT_EQ(refused(both, op, stage), "");
}

// A placement of what the GPU cannot do is refused before anything runs, and so are tasks of a network that
// the engine has not been told of.
TEST(GpuEngineRefusals, ComeBeforeAnythingRuns) {
    const Network curved = network_of(
        nlohmann::json::parse(
            R"([{"kind": "conv", "out": 8, "kernel": 1}, {"kind": "activation", "function": "tanh", "name": "p"}])"),
        {8, 6, 6});
    const TrainingStep step = make_training_step(curved, Recipe{});
    EmulatedExecutor device;
    WatchedExecutor watched(device);
    const auto message = [&](GpuEngine& engine) -> std::string {
        Store store(curved, step.batch, 1);
        try {
            execute_step(curved, Recipe{}, step, std::vector<int>(step.tasks.size(), 0), {&engine}, store);
        } catch (const InputError& error) {
            return error.what();
        }
        return "";
    };
    GpuEngine engine(watched, curved);
    EXPECT_NE(message(engine).find("p FF activation on gpu, which cannot run it"), std::string::npos)
        << message(engine);
    EXPECT_NE(message(engine).find("the GPU has no kernel for the function tanh"), std::string::npos)
        << message(engine);
    GpuEngine knows_nothing(watched);
    EXPECT_NE(message(knows_nothing).find("does not know layer"), std::string::npos)
        << message(knows_nothing);
    EXPECT_EQ(watched.products + watched.vectors, 0);
}

// An executor that fails says so with the layer's name.
class FailingExecutor : public EmulatedExecutor {
  public:
    void product(const gpu::ProductWork&, const std::uint16_t*, const std::uint16_t*, void*) override {
        throw InputError("GPU", "", "a product failed: out of order");
    }
};
TEST(GpuEngineErrors, NameTheLayer) {
    FailingExecutor device;
    GpuStep step({"", rows_of_every_kind, "dense", 2});
    try {
        compare_tasks(step, device);
        FAIL() << "no error";
    } catch (const InputError& error) {
        EXPECT_STREQ(error.what(), "layer a: FF on the GPU: GPU: a product failed: out of order");
    }
}

}  // namespace
}  // namespace satsim::execute::test
