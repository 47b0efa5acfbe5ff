// What stands behind `--target gpu` and `--target cpu` (measured now), `gpu:FILE` and `cpu:FILE` (recorded).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runtime/comparison/target_run.hpp"
#include "runtime/gpu_record/meter.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::host {

struct GpuMeasuring {
    std::string record;        // file to write, or ""
    double energy_window = 1;  // s
};

// Where libsatsim_gpu.so is looked for: beside the program, and where it is installed.
[[nodiscard]] std::vector<std::filesystem::path> gpu_module_folders();

// Opens the backend of "gpu" or "cpu"; throws InputError naming what is missing.
[[nodiscard]] std::unique_ptr<gpu::Meter> open_meter(const std::string& target, const GpuMeasuring& options);

// Measures all steps on `meter` and writes the recording, if asked for.
[[nodiscard]] gpu::Recording measure_steps(const std::vector<TrainingStep>& steps, gpu::Meter& meter,
                                           const GpuMeasuring& options);

// For a target's description: by how much its step is stretched (runtime/dispatch/board_limit.hpp), or "".
[[nodiscard]] std::string limit_text(double held, double board_watts);

// The last of `steps`, the first being its baseline, from a recording's measurements.
[[nodiscard]] TargetRun run_recording(const std::string& name, const gpu::Recording& recording,
                                      Provenance provenance, const std::vector<TrainingStep>& steps);

}  // namespace satsim::host
