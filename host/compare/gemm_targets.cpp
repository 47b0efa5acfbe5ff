#include "host/compare/gemm_targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "host/compare/target_answers.hpp"
#include "host/compare/target_groups.hpp"
#include "host/compare/target_labels.hpp"
#include "host/compare/target_tables.hpp"
#include "host/compare/timing_note.hpp"
#include "host/fitting_gemm.hpp"
#include "host/report.hpp"
#include "runtime/comparison/targets_json.hpp"
#include "runtime/comparison/targets_trace.hpp"
#include "runtime/dispatch/bound.hpp"
#include "runtime/dispatch/result_json.hpp"
#include "runtime/gpu_model/gemm_model.hpp"
#include "runtime/gzip/gzip.hpp"
#include "runtime/support/error.hpp"

namespace satsim::host {
namespace {

// Recordings and meters have the pieces of work of steps; mixes and pipelines place several tasks.
void require_single_machines(const std::vector<std::string>& targets) {
    constexpr std::string_view kModel = "gpu-model:";
    for (const std::string& target : targets) {
        const bool model = target.starts_with(kModel) && target.size() > kModel.size() &&
                           target_file(target) == target.substr(kModel.size());
        if (target != "sat" && !model)
            throw InputError("--target " + target, "",
                             "cannot be asked of a single GEMM, expected sat or gpu-model:DEVICE");
    }
}

void require_room(const gpu::Device& device, const GemmTask& task, const std::string& sizes) {
    const gpu::Path path = gpu::choose(device, task).estimate.path;
    const auto needed = static_cast<double>(gpu::compulsory_bytes(device, task, path));
    if (needed <= device.memory.capacity.value) return;
    constexpr double kGib = 1 << 30;
    throw InputError("--gemm " + sizes, "",
                     fmt::format("needs {:.1f} GiB of memory for A, B and C, but gpu-model:{} has {:.1f} "
                                 "GiB; expected smaller sizes",
                                 needed / kGib, device.name, device.memory.capacity.value / kGib));
}

// The product as a step of one task and of a network without layers.
Steps make_steps(const ComparisonArguments& arguments, const std::string& sizes, const GemmTask& task) {
    TrainingStep step;
    step.network = "gemm " + sizes;
    step.recipe = arguments.recipe;
    step.batch = 1;
    step.tasks = {task};
    Steps made;
    made.network.name = step.network;
    made.recipes.resize(2);
    made.steps = {step, step};
    return made;
}

std::vector<TargetRun> run_all(TargetGroups& targets, const ComparisonArguments& arguments, const Steps& made,
                               const Hardware& hardware) {
    std::vector<TargetRun> runs;
    for (TargetGroup& group : targets.groups)
        runs.push_back(answer_of(group.chosen, arguments, made, hardware, false, nullptr).run);
    return runs;
}

// What `run --gemm` prints of SAT without targets; without SAT what is asked.
nlohmann::ordered_json gemm_fields(std::span<const TargetRun> runs, const GemmTask& task,
                                   const Hardware& hardware) {
    for (const TargetRun& run : runs)
        if (run.name == "sat") return gemm_json(run.tasks.front(), hardware.clock_hz, hardware.peak_macs());
    return {{"m", task.shape.m}, {"n", task.shape.n}, {"k", task.shape.k}, {"nm", to_string(task.nm)}};
}

TableCell giga_cell(double per_second) {
    return {fmt::format("{:.1f}", per_second / 1e9), fmt::format("{:.9g}", per_second / 1e9), ""};
}

// One line a target. `row`: the product's, with a cell for every run.
Table gemm_table(std::span<const TargetRun> runs, const Row& row) {
    Table table({"<target", "<provenance", "time", "one alone", "energy", "<bound", "<kernel", "<why dense",
                 "dense-equivalent\nGFLOP/s", "executed\nGFLOP/s", "op/byte", "roof\nGFLOP/s", "of roof"});
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const Cell& cell = row.cells[i].value();
        const double seconds = cell.work.seconds;
        table.row({runs[i].name, provenance_label(runs[i]), time_cell(seconds),
                   time_cell(seconds / runs[i].limit_factor), marked_joules(runs[i], cell.work.joules),
                   to_string(cell.largest.bound), cell.largest.tile, cell.largest.dense_reason,
                   giga_cell(cell.work.dense_flops() / seconds),
                   giga_cell(cell.work.executed_flops() / seconds),
                   TableCell(fmt::format("{:.0f}", cell.work.intensity()),
                             fmt::format("{:.9g}", cell.work.intensity()), ""),
                   giga_cell(cell.position.roof), percent_cell(cell.position.share)});
    }
    return table;
}

ChromeTrace trace_of(std::span<const TargetRun> runs, const std::string& name) {
    ChromeTrace trace = make_targets_trace();
    LayerPlaces places;
    for (std::size_t i = 0; i < runs.size(); ++i)
        add_target(trace, static_cast<int>(i) + 1, i, runs[i], name, places);
    places.link(trace);
    return trace;
}

std::string text_of(const std::string& title, std::span<const TargetRun> runs, const Row& row) {
    std::string text =
        title + "\n\n" + gemm_table(runs, row).text() + "\n" + normalised_table(runs).text() + "\n";
    if (row.winner) text += fmt::format("{} is the fastest: {}\n", runs[*row.winner].name, row.why);
    for (const TargetRun& run : runs)
        text += fmt::format("{}: {}; {}\n", run.name, provenance_label(run), run.description);
    return text +
           "The time is of the product repeated without a pause. For tenths of a second a GPU's board lets "
           "more "
           "power through than its limit: one product alone may take less. Operands start in DRAM; the roof "
           "is "
           "of executed work. A modelled figure is a prediction, never a measurement "
           "(docs/architecture/gpu.md).\n";
}

}  // namespace

int run_gemm_targets(const ComparisonArguments& arguments, const std::string& sizes) {
    const Options& options = arguments.options;
    require_single_machines(arguments.targets);
    TargetGroups targets = read_targets(arguments);
    const Hardware hardware = options.hardware();
    const bool has_sat = std::ranges::count(arguments.targets, "sat") > 0;
    const GemmTask task =
        has_sat ? fitting_gemm(sizes, arguments.recipe, hardware) : parse_gemm(sizes, arguments.recipe);
    for (const TargetGroup& group : targets.groups)
        if (const auto* device = std::get_if<gpu::Device>(&group.chosen)) require_room(*device, task, sizes);
    const Steps made = make_steps(arguments, sizes, task);
    const std::vector<TargetRun> runs = run_all(targets, arguments, made, hardware);
    const std::vector<Row> rows = align(runs);
    const std::string& name = made.network.name;
    const std::string title = fmt::format("{}: {} on {} {}", name, arguments.recipe, runs.size(),
                                          runs.size() == 1 ? "target" : "targets");
    nlohmann::ordered_json document = {
        {"network", name}, {"batch", 1}, {"recipe", arguments.recipe}, {"baseline", arguments.recipe}};
    document.update(gemm_fields(runs, task, hardware));
    document["targets"] = targets_json(runs);
    document["rows"] = rows_json(runs, rows);
    if (!arguments.trace.empty()) write_text(arguments.trace, trace_of(runs, name).json());
    write_targets_report(arguments.report, title, options, has_sat ? &hardware : nullptr, document);
    if (options.json) {
        deliver(options, document.dump(1) + "\n");
    } else if (options.csv) {
        deliver(options, gemm_table(runs, rows.front()).csv());
    } else {
        deliver(options, text_of(title, runs, rows.front()) + timing_note(runs));
    }
    return 0;
}

}  // namespace satsim::host
