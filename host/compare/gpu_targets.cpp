#include "host/compare/gpu_targets.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "host/inputs.hpp"
#include "host/progress.hpp"
#include "runtime/cpu/cpu_meter.hpp"
#include "runtime/dispatch/board_limit.hpp"
#include "runtime/gpu_record/module.hpp"
#include "runtime/gpu_record/record_target.hpp"
#include "runtime/gpu_record/timing.hpp"
#include "runtime/support/atomic_file.hpp"

namespace satsim::host {

std::vector<std::filesystem::path> gpu_module_folders() {
    const std::filesystem::path folder = program_folder();
    return {folder, folder.parent_path() / "lib" / "satsim",
            folder.parent_path() / "lib" / "x86_64-linux-gnu" / "satsim"};
}

std::unique_ptr<gpu::Meter> open_meter(const std::string& target, const GpuMeasuring& options) {
    gpu::MeterSettings settings;
    settings.energy_window_s = options.energy_window;
    if (target == "cpu") return std::make_unique<cpu::CpuMeter>(settings);
    return gpu::open_meter(settings, gpu_module_folders());
}

gpu::Recording measure_steps(const std::vector<TrainingStep>& steps, gpu::Meter& meter,
                             const GpuMeasuring& options) {
    gpu::Recording recording;
    recording.device = meter.device();
    gpu::TimeBudget budget;
    for (const TrainingStep& step : steps) budget.expect(step.tasks, recording.device, meter.kernels());
    for (const TrainingStep& step : steps) {
        ProgressBar bar("measuring " + step.network + ", " + step.recipe);
        gpu::measure_missing(step.tasks, meter, recording, budget,
                             [&bar](std::size_t done, std::size_t total) { bar.update(done, total); });
        const gpu::RecordedStep recorded{step.network, step.recipe, step.batch};
        if (std::find(recording.steps.begin(), recording.steps.end(), recorded) == recording.steps.end())
            recording.steps.push_back(recorded);
        // After every step: what is measured is kept, should the next one be interrupted.
        if (!options.record.empty()) write_file_atomically(options.record, gpu::recording_json(recording));
    }
    return recording;
}

namespace {

// A CPU has no driver, but a kernel.
std::string system_of(const gpu::MeasuredDevice& device) {
    if (device.cuda == "none") return device.driver;
    return "driver " + (device.driver.empty() ? "unknown" : device.driver);
}

}  // namespace

std::string limit_text(const LimitFactors& factors, double board_watts) {
    std::vector<std::string> parts;
    if (factors.step > 1) parts.push_back(fmt::format("seconds x {:.3f}", factors.step));
    if (factors.baseline > 1)
        parts.push_back(fmt::format("the baseline's seconds x {:.3f}", factors.baseline));
    if (parts.empty()) return "";
    return fmt::format("; {}: a step's mean power is held to the limit of {:.0f} W",
                       fmt::join(parts, " and "), board_watts);
}

RecordedRun run_recording(const std::string& name, const gpu::Recording& recording, Provenance provenance,
                          const std::vector<TrainingStep>& steps) {
    gpu::RecordTarget target(name, recording, provenance);
    const gpu::MeasuredDevice& device = recording.device;
    RecordedRun recorded;
    std::array<double, 2> held{};
    for (std::size_t i = 0; i < held.size(); ++i) {
        recorded.tasks[i] = run_counted(target, steps.at(i).tasks, {});
        held[i] = hold_to_limit(device.board_watts, 0, recorded.tasks[i]);
    }
    TargetRun& run = recorded.run;
    run.name = name;
    run.energy_known = gpu::knows_energy(steps.back().tasks, recording);
    run.energy_basis = EnergyBasis::Measured;
    if (recording.device.cuda != "none") run.timing = to_string(gpu::timing_of(recording));
    run.description =
        fmt::format(
            "{}, {} {}, {}; roofs: the best of a large product, a large copy and all work of these steps; "
            "time: {}; energy: {}",
            device.name, provenance == Provenance::Measured ? "measured" : "recorded", device.date,
            system_of(device), device.time_method, run.energy_known ? device.energy_method : "not known") +
        limit_text({held[0], held[1]}, device.board_watts);
    run.machine = {device.dense_flops, device.copy_bandwidth, device.board_watts, Peaks::Measured};
    for (const std::vector<TaskResult>& tasks : recorded.tasks) raise_roofs(run.machine, tasks);
    run.limit_factor = held[1];
    run.tasks = recorded.tasks[0];
    const Work baseline = total_work(run);
    run.baseline_seconds = baseline.seconds;
    run.baseline_joules = baseline.joules;
    run.tasks = recorded.tasks[1];
    return recorded;
}

}  // namespace satsim::host
