#include "host/compare/target_answers.hpp"

#include <fmt/format.h>

#include <string_view>

#include "host/inputs.hpp"
#include "host/module_table.hpp"
#include "host/notes.hpp"
#include "host/progress.hpp"
#include "runtime/dispatch/board_limit.hpp"
#include "runtime/dispatch/capacity.hpp"
#include "runtime/dispatch/host_target.hpp"
#include "runtime/dispatch/step_runner.hpp"
#include "runtime/gpu_model/basis.hpp"
#include "runtime/gpu_model/gpu_target.hpp"
#include "runtime/gpu_record/fit_figures.hpp"
#include "runtime/support/error.hpp"

namespace satsim::host {
namespace {

constexpr std::string_view kGpuModel = "gpu-model:";
constexpr std::string_view kRecordings[] = {"gpu:", "cpu:"};

void require_fit(const Steps& made, const std::string& machine, Bytes capacity) {
    for (std::size_t i = 0; i < made.steps.size(); ++i)
        satsim::require_fit(made.network, made.recipes[i], made.steps[i], machine, capacity,
                            "the target's name with @fit: as many such machines as the step needs");
}

// Both steps in the target's memory; throws where they must fit and do not.
void set_memory(TargetRun& run, const Steps& made, const std::string& machine, Bytes capacity,
                bool must_fit) {
    if (made.network.layers.empty()) return;  // a single product, of which a step keeps nothing
    if (must_fit) require_fit(made, machine, capacity);
    run.baseline_memory = plan_memory(made.network, made.recipes[0], made.steps[0], capacity);
    run.memory = plan_memory(made.network, made.recipes[1], made.steps[1], capacity);
}

void set_baseline(TargetRun& run, std::vector<TaskResult> tasks) {
    TargetRun baseline;
    baseline.tasks = std::move(tasks);
    const Work work = total_work(baseline);
    run.baseline_seconds = work.seconds;
    run.baseline_joules = work.joules;
}

std::vector<std::optional<TaskResult>> all_of(std::vector<TaskResult> results) {
    return {std::make_move_iterator(results.begin()), std::make_move_iterator(results.end())};
}

// A card in the host's PCIe slot.
void set_link(const Hardware& hardware, double bandwidth, double memory_byte_joules,
              placement::Machine& machine) {
    machine.link_bandwidth = bandwidth;
    machine.link_latency = hardware.host.pcie_latency.value;
    machine.link_byte_joules = hardware.events.pcie_byte.value + memory_byte_joules;
}

placement::Machine sat_machine(const Hardware& hardware) {
    constexpr double kBeat = 64;   // bytes
    constexpr double kRow = 8192;  // bytes that one activate opens
    placement::Machine machine;
    machine.name = "sat";
    machine.capacity = hardware.capacity_bytes();
    const int channels = hardware.array.channels;
    machine.idle_watts =
        hardware.power.accelerator_static.value + channels * hardware.power.ddr4_background.value;
    if (hardware.memory_kind != dram::MemoryKind::Ideal)
        machine.idle_watts += channels * hardware.events.ddr4_refresh.value * hardware.clock_hz /
                              hardware.memory_config().ddr4.refi;
    // A byte is read or written once at this end.
    const double access = (hardware.events.ddr4_read.value + hardware.events.ddr4_write.value) / 2;
    set_link(hardware, hardware.host.pcie_bandwidth.value,
             (access + hardware.events.ddr4_io.value) / kBeat + hardware.events.ddr4_activate.value / kRow,
             machine);
    return machine;
}

// SAT's results were simulated already; what it has no unit for stays empty.
placement::MachineCosts sat_costs(sat::SatTarget& sat, const Hardware& hardware, const TrainingStep& step) {
    std::vector<Task> ours;
    for (const Task& task : step.tasks)
        if (sat.can_run(task)) ours.push_back(task);
    const StepResult result = total_up(hardware, step, run_counted(sat, ours, {}));
    placement::MachineCosts costs{sat_machine(hardware), {}};
    std::size_t next = 0;
    for (const Task& task : step.tasks)
        costs.tasks.push_back(sat.can_run(task) ? std::optional(result.tasks[next++]) : std::nullopt);
    return costs;
}

Answer answer_of_sat(const ComparisonArguments& arguments, const Steps& made, const Hardware& hardware,
                     bool must_fit, nlohmann::ordered_json* document) {
    const Options& options = arguments.options;
    note_dataflow(options.dataflow);
    Answer answer;
    TargetRun& run = answer.run;
    set_memory(run, made, hardware.name, hardware.capacity_bytes(), must_fit);
    sat::SatTarget sat(options.sat_settings(hardware));
    HostTarget host(hardware);
    ProgressBar bar("simulating " + made.network.name);
    std::vector<StepResult> results =
        run_steps(made.steps, hardware, sat, host,
                  [&bar](std::size_t done, std::size_t total) { bar.update(done, total); });
    results[0].memory = run.baseline_memory;
    results[1].memory = run.memory;
    if (document != nullptr) {
        nlohmann::ordered_json compared = compare_json_with_modules(made.network, results);
        for (auto& [name, value] : compared.items()) (*document)[name] = std::move(value);
    }
    run.name = "sat";
    run.description =
        fmt::format("{}, fidelity {}; energy: {}", hardware.name, options.fidelity, hardware.energy_model);
    run.machine = {2.0 * static_cast<double>(hardware.peak_macs()) * hardware.clock_hz,
                   hardware.array.line_bytes() * hardware.clock_hz, 0};
    run.tasks = std::move(results[1].tasks);
    set_baseline(run, std::move(results[0].tasks));
    for (std::size_t i = 0; i < answer.costs.size(); ++i)
        answer.costs[i] = sat_costs(sat, hardware, made.steps[i]);
    return answer;
}

// A processor's recording has no CUDA.
void require_kind(const gpu::Recording& recording, std::string_view prefix) {
    const bool cpu = recording.device.cuda == "none";
    if (cpu == (prefix == "cpu:")) return;
    throw InputError(
        recording.file, "/device/cuda",
        fmt::format("is \"{}\": a recording of a {} ({}), expected {}FILE for it", recording.device.cuda,
                    cpu ? "CPU" : "GPU", recording.device.name, cpu ? "cpu:" : "gpu:"));
}

// What a prediction rests on.
std::string basis_of(const gpu::Device& device) {
    std::size_t unverified = 0;
    const std::vector<gpu::NamedFigure> figures = gpu::figures(device);
    for (const gpu::NamedFigure& f : figures) unverified += f.figure->verified ? 0 : 1;
    std::string text = fmt::format("{} of {} figures unverified; times ", unverified, figures.size());
    const bool fitted = gpu::basis_of_times(device) == gpu::Basis::Fitted;
    text += fitted ? "fitted to recordings" : "from assumed efficiencies";
    if (fitted) {
        if (device.kernels.timing) text += std::string(" of ") + gpu::timing_text(*device.kernels.timing);
        std::vector<std::string> assumed;
        gpu::Device copy = device;
        for (const gpu::FitFigure& figure : gpu::time_figures())
            if (gpu::basis_of(figure.of(copy)) == gpu::Basis::Assumed) assumed.emplace_back(figure.name);
        // Names have commas.
        if (!assumed.empty()) text += fmt::format(" (but for: {})", fmt::join(assumed, "; "));
    }
    return text + (gpu::basis_of_joules(device) == gpu::Basis::Fitted
                       ? ", joules too"
                       : ", joules from assumptions: an H100 and an H200 drew twice what such figures said");
}

Answer answer_of_model(gpu::Device device, const Steps& made, const Hardware& hardware, bool must_fit) {
    Answer answer;
    set_memory(answer.run, made, device.name, static_cast<Bytes>(device.memory.capacity.value), must_fit);
    gpu::GpuModelTarget target(std::move(device));
    const gpu::Device& gpu = target.device();
    TargetRun& run = answer.run;
    run.name = target.name();
    run.energy_basis =
        gpu::basis_of_joules(gpu) == gpu::Basis::Fitted ? EnergyBasis::Fitted : EnergyBasis::Assumed;
    if (gpu.kernels.timing) run.timing = to_string(*gpu.kernels.timing);
    run.description = gpu.description + ", predicted from its device file (" + basis_of(gpu) + ")";
    run.machine = {gpu.compute.tensor_dense.value, gpu.memory.bandwidth.value, gpu.power.board.value};
    placement::Machine machine;
    machine.name = run.name;
    machine.capacity = static_cast<Bytes>(gpu.memory.capacity.value);
    machine.idle_watts = gpu.power.idle.value;
    if (gpu.memory.host_link.value > 0)
        set_link(hardware, gpu.memory.host_link.value, gpu.power.dram_byte.value, machine);
    std::array<double, 2> held{};
    for (std::size_t i = 0; i < answer.costs.size(); ++i) {
        std::vector<TaskResult> tasks = run_counted(target, made.steps[i].tasks, {});
        held[i] = hold_to_limit(gpu.power.board.value, gpu.power.running(), tasks);
        answer.costs[i] = {machine, all_of(tasks)};
        i == 0 ? set_baseline(run, std::move(tasks)) : run.tasks.swap(tasks);
    }
    run.limit_factor = held[1];
    run.description += limit_text({held[0], held[1]}, gpu.power.board.value);
    return answer;
}

Answer answer_of_recording(const std::string& name, const gpu::Recording& recording, Provenance provenance,
                           const Steps& made, const Hardware& hardware) {
    RecordedRun recorded = run_recording(name, recording, provenance, made.steps);
    Answer answer;
    answer.run = std::move(recorded.run);
    set_memory(answer.run, made, name, recording.device.memory_bytes, false);
    placement::Machine machine;
    machine.name = name;
    machine.capacity = recording.device.memory_bytes;
    machine.idle_watts = recording.device.idle_watts.value_or(0);
    // What the link of a recorded GPU reaches was not measured: the host's figures stand for it.
    if (name.starts_with("gpu")) set_link(hardware, hardware.host.pcie_bandwidth.value, 0, machine);
    for (std::size_t i = 0; i < answer.costs.size(); ++i)
        answer.costs[i] = {machine, all_of(std::move(recorded.tasks[i]))};
    return answer;
}

}  // namespace

std::string name_of(const Chosen& chosen) {
    if (const auto* device = std::get_if<gpu::Device>(&chosen)) return gpu::GpuModelTarget(*device).name();
    if (const auto* recorded = std::get_if<Recorded>(&chosen)) return recorded->name;
    if (const auto* measured = std::get_if<Measured>(&chosen)) return measured->name;
    return "sat";
}

Chosen read_target(const std::string& target, const ComparisonArguments& arguments) {
    if (target == "sat") return Sat{};
    if (target == "gpu" || target == "cpu") return Measured{target, open_meter(target, arguments.gpu)};
    if (target.starts_with(kGpuModel) && target.size() > kGpuModel.size()) {
        const std::string name = target.substr(kGpuModel.size());
        gpu::Device device = find_gpu(name, arguments.options.models_folder);
        if (name.ends_with(".json")) device.name = name;  // several files may be of one device
        return device;
    }
    for (const std::string_view prefix : kRecordings) {
        if (!target.starts_with(prefix) || target.size() == prefix.size()) continue;
        Recorded recorded{target, gpu::load_recording(target.substr(prefix.size()))};
        require_kind(recorded.recording, prefix);
        return recorded;
    }
    throw InputError(
        "--target " + target, "",
        "is no target, expected sat, gpu, cpu, gpu:FILE or cpu:FILE (a recording), gpu-model:DEVICE or "
        "hetero (the best mix of the others)");
}

Answer answer_of(Chosen& chosen, const ComparisonArguments& arguments, const Steps& made,
                 const Hardware& hardware, bool must_fit, nlohmann::ordered_json* document) {
    if (auto* device = std::get_if<gpu::Device>(&chosen))
        return answer_of_model(std::move(*device), made, hardware, must_fit);
    if (const auto* recorded = std::get_if<Recorded>(&chosen))
        return answer_of_recording(recorded->name, recorded->recording, Provenance::Recorded, made, hardware);
    if (const auto* measured = std::get_if<Measured>(&chosen)) {
        const gpu::Recording recording = measure_steps(made.steps, *measured->meter, arguments.gpu);
        return answer_of_recording(measured->name, recording, Provenance::Measured, made, hardware);
    }
    return answer_of_sat(arguments, made, hardware, must_fit, document);
}

std::array<placement::MachineCosts, 2> host_costs(const Steps& made, const Hardware& hardware) {
    HostTarget host(hardware);
    std::array<placement::MachineCosts, 2> costs;
    for (std::size_t i = 0; i < costs.size(); ++i) {
        costs[i].machine.name = "host";
        costs[i].machine.capacity = static_cast<Bytes>(hardware.host.memory_capacity.value);
        for (const Task& task : made.steps[i].tasks) {
            if (!host.can_run(task)) {
                costs[i].tasks.emplace_back();
                continue;
            }
            TaskResult result = run_counted(host, {task}, {}).front();
            result.energy_j = hardware.power.host_busy.value * result.seconds;
            costs[i].tasks.emplace_back(std::move(result));
        }
    }
    return costs;
}

}  // namespace satsim::host
