// The GPU engine on a device: what tests/unit/gpu_execute checks on an emulated one.
#include "runtime/gpu/device/cuda_executor.hpp"
#include "runtime/gpu_execute/open_executor.hpp"
#include "tests/gpu/device_machine.hpp"
#include "tests/unit/gpu_execute/engine_checks.hpp"

namespace satsim::execute::test {
namespace {

using gpu::test::has_device;

// One device for all tests: cuBLASLt is opened once.
gpu::CudaExecutor& the_device() {
    static gpu::CudaExecutor device;
    return device;
}

class GpuDeviceEngine : public testing::TestWithParam<GpuSetting> {
  protected:
    void SetUp() override {
        if (!has_device()) GTEST_SKIP() << "no CUDA device";
        the_device().allow_wgmma(true);
    }
};

TEST_P(GpuDeviceEngine, TasksAgreeElementByElement) {
    expect_tasks_agree(the_device(), GetParam());
}
TEST_P(GpuDeviceEngine, TasksAgreeByMmaSp) {
    the_device().allow_wgmma(false);
    expect_tasks_agree(the_device(), GetParam());
}
TEST_P(GpuDeviceEngine, RandomPlacementsAgree) {
    expect_placements_agree(the_device(), GetParam(), 1);
}
INSTANTIATE_TEST_SUITE_P(Networks, GpuDeviceEngine, testing::ValuesIn(kGpuSettings),
                         [](const auto& each) { return std::string(each.param.name); });

class GpuDeviceEngineOnce : public GpuDeviceEngine {};
TEST_P(GpuDeviceEngineOnce, UpdatesAreSatsBitForBit) {
    for (const char* optimizer : {"sgd", "adam", "adamw"})
        for (const char* recipe : {"bdwp-2:8", "bdwp-1:2", "sr-ste-2:4", "bdwp-4:8", "dense"})
            expect_updates_are_sats(the_device(), {"", rows_of_every_kind, recipe, 2}, optimizer);
}
TEST_P(GpuDeviceEngineOnce, SumsOfGradients) {
    expect_sums_of_gradients(the_device());
}
TEST_P(GpuDeviceEngineOnce, TrainingLowersTheLoss) {
    expect_loss_falls(the_device());
}
// The way satsim goes: through the module beside the program.
TEST_P(GpuDeviceEngineOnce, ModuleOpensTheDevice) {
    const auto device = gpu::open_executor("test", {SATSIM_BINARY_DIR});
    EXPECT_FALSE(device->name().empty());
    expect_tasks_agree(*device, GetParam());
}
INSTANTIATE_TEST_SUITE_P(Networks, GpuDeviceEngineOnce, testing::Values(kGpuSettings[2]),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace satsim::execute::test
