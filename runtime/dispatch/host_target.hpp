// The host CPU as a target: element-wise work at the rates of the hardware file, never by a stopwatch.
#pragma once

#include "runtime/dispatch/target.hpp"
#include "runtime/hardware/hardware.hpp"

namespace satsim {

// Bytes that a vector task reads and writes, small operands included in the reads.
[[nodiscard]] Bytes bytes_read(const VectorTask& task);
[[nodiscard]] Bytes bytes_written(const VectorTask& task);

class HostTarget : public Target {
  public:
    explicit HostTarget(Hardware hardware) : hardware_(std::move(hardware)) {}
    [[nodiscard]] std::string name() const override { return "host"; }
    [[nodiscard]] bool can_run(const Task& task) const override {
        return std::holds_alternative<VectorTask>(task);
    }
    [[nodiscard]] std::vector<TaskResult> run(
        const std::vector<Task>& tasks,
        const std::function<void(std::size_t, std::size_t)>& progress) override;

  private:
    Hardware hardware_;
};

}  // namespace satsim
