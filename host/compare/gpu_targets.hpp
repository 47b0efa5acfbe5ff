// What stands behind `--target gpu` and `--target cpu` (measured now), `gpu:FILE` and `cpu:FILE` (recorded).
#pragma once

#include <array>
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

// By how much the seconds of a comparison's steps are stretched (runtime/dispatch/board_limit.hpp): 1 or
// more.
struct LimitFactors {
    double baseline = 1;
    double step = 1;
};
// The same for a target's description: "" where nothing is. The speedup rests on both.
[[nodiscard]] std::string limit_text(const LimitFactors& factors, double board_watts);

// A comparison's two steps from a recording's measurements.
struct RecordedRun {
    TargetRun run;                                 // of the recipe's step, which has the baseline's sums
    std::array<std::vector<TaskResult>, 2> tasks;  // of the baseline's step and of the recipe's
};
// `steps`: two. All results are held to the board's limit.
[[nodiscard]] RecordedRun run_recording(const std::string& name, const gpu::Recording& recording,
                                        Provenance provenance, const std::vector<TrainingStep>& steps);

}  // namespace satsim::host
