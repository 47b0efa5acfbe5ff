#include "host/ablation.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "host/inputs.hpp"
#include "host/progress.hpp"
#include "host/samples.hpp"
#include "host/table.hpp"
#include "runtime/dispatch/host_target.hpp"
#include "runtime/dispatch/result_json.hpp"
#include "runtime/dispatch/step_runner.hpp"

namespace satsim::host {
namespace {

using nlohmann::ordered_json;

struct Variant {
    std::string name;
    std::string switches;  // as they are given on the command line
    void (*apply)(Options&);
};

std::vector<Variant> variants() {
    return {
        {"all on", "", [](Options&) {}},
        {"no interleave mapping", "--no-interleave", [](Options& o) { o.no_interleave = true; }},
        {"no pre-generation", "--no-pregeneration", [](Options& o) { o.no_pregeneration = true; }},
        {"output-stationary only", "--dataflow os", [](Options& o) { o.dataflow = "os"; }},
        {"weight-stationary only", "--dataflow ws", [](Options& o) { o.dataflow = "ws"; }},
        {"none", "--no-interleave --no-pregeneration --dataflow os",
         [](Options& o) {
             o.no_interleave = o.no_pregeneration = true;
             o.dataflow = "os";
         }},
    };
}

struct Line {
    Variant variant;
    StepResult baseline;
    StepResult result;
};

std::vector<Line> run(const ComparisonArguments& arguments, const Hardware& hardware) {
    const Network network = find_sampled_network(arguments.network, arguments.options);
    const std::vector<Variant> list = variants();
    ProgressBar bar(fmt::format("simulating {}, {} variants", network.name, list.size()));
    std::vector<Line> lines;
    for (const Variant& variant : list) {
        Options options = arguments.options;
        variant.apply(options);
        std::vector<TrainingStep> steps;
        for (const std::string& name : {arguments.baseline, arguments.recipe})
            steps.push_back(make_step(network, find_recipe(name, options.models_folder),
                                      options.batch_override(), hardware, !options.no_pregeneration));
        sat::SatTarget sat(options.sat_settings(hardware));
        HostTarget host(hardware);
        const std::size_t before = lines.size();
        std::vector<StepResult> results =
            run_steps(steps, hardware, sat, host, [&](std::size_t done, std::size_t total) {
                bar.update(before * total + done, list.size() * total);
            });
        lines.push_back({variant, std::move(results[0]), std::move(results[1])});
    }
    return lines;
}

// How much longer the recipe's step takes than with everything on.
double slowdown(const Line& all_on, const Line& line) {
    return line.result.seconds() / all_on.result.seconds();
}

ordered_json step_json(const StepResult& step) {
    return {{"recipe", step.recipe},
            {"seconds", step.seconds()},
            {"cycles", step.cycles()},
            {"gemm_cycles", step.gemm_cycles},
            {"utilization", step.utilization()},
            {"dram_bytes", step.dram_bytes},
            {"energy_j", step.energy.joules()}};
}

ordered_json to_json(const std::vector<Line>& lines) {
    const StepResult& first = lines.front().result;
    ordered_json object{{"network", first.network}, {"batch", first.batch}, {"clock_hz", first.clock_hz}};
    object["ablation"] = ordered_json::array();
    for (const Line& line : lines) {
        object["ablation"].push_back({{"variant", line.variant.name},
                                      {"switches", line.variant.switches},
                                      {"results", {step_json(line.baseline), step_json(line.result)}},
                                      {"speedup", speedup(line.baseline, line.result)},
                                      {"gemm_speedup", gemm_speedup(line.baseline, line.result)},
                                      {"slowdown", slowdown(lines.front(), line)}});
    }
    return object;
}

Table to_table(const std::vector<Line>& lines) {
    const StepResult& baseline = lines.front().baseline;
    const StepResult& result = lines.front().result;
    Table table({"<optimisations", "<switches", baseline.recipe, result.recipe, "speedup", "GEMM only",
                 "util", "DRAM", "energy", "slower than all on"});
    table.name_in_csv(2, "baseline step");
    table.name_in_csv(3, "step");
    for (const Line& line : lines) {
        table.row({line.variant.name, line.variant.switches, time_cell(line.baseline.seconds()),
                   time_cell(line.result.seconds()), ratio_cell(speedup(line.baseline, line.result)),
                   ratio_cell(gemm_speedup(line.baseline, line.result)),
                   percent_cell(line.result.utilization()), byte_cell(line.result.dram_bytes),
                   joule_cell(line.result.energy.joules()), ratio_cell(slowdown(lines.front(), line))});
    }
    return table;
}

std::string to_text(const std::vector<Line>& lines, const Hardware& hardware, const Options& options) {
    const StepResult& result = lines.front().result;
    return fmt::format(
        "{}, batch {}: {} against {} on {}, fidelity {}, optimisations switched off\n\n{}\n"
        "util, DRAM and energy are of {}. WU, and products that sum over positions, stay "
        "output-stationary.\n",
        result.network, result.batch, result.recipe, lines.front().baseline.recipe, hardware.name,
        options.fidelity, to_table(lines).text(), result.recipe);
}

}  // namespace

int compare_ablation(const ComparisonArguments& arguments) {
    const Options& options = arguments.options;
    const Hardware hardware = options.hardware();
    const std::vector<Line> lines = run(arguments, hardware);
    if (options.json)
        deliver(options, to_json(lines).dump(1) + "\n");
    else
        deliver(options, options.csv ? to_table(lines).csv() : to_text(lines, hardware, options));
    return 0;
}

}  // namespace satsim::host
