// A GPU as an execution target: every task of a training step predicted from the device file. Results are
// Modelled, never measured; docs/architecture/gpu.md says from what.
#pragma once

#include "runtime/dispatch/target.hpp"
#include "runtime/gpu_model/device.hpp"

namespace satsim::gpu {

class GpuModelTarget : public Target {
  public:
    explicit GpuModelTarget(Device device) : device_(std::move(device)) {}
    [[nodiscard]] std::string name() const override { return "gpu-model:" + device_.name; }
    [[nodiscard]] bool can_run(const Task&) const override { return true; }
    [[nodiscard]] std::vector<TaskResult> run(
        const std::vector<Task>& tasks,
        const std::function<void(std::size_t, std::size_t)>& progress) override;

    [[nodiscard]] const Device& device() const { return device_; }

  private:
    Device device_;
};

// One task. energy_j = (idle + active power) x seconds + the energy of its flops and DRAM bytes.
[[nodiscard]] TaskResult predict(const Device& device, const Task& task);

}  // namespace satsim::gpu
