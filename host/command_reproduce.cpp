// satsim reproduce: the five networks of the SAT paper under every method and pattern, beside what arithmetic
// allows and what was published.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "host/commands.hpp"
#include "host/file_types.hpp"
#include "host/progress.hpp"
#include "host/report.hpp"
#include "host/reproduction.hpp"
#include "host/result_tables.hpp"
#include "host/table.hpp"
#include "runtime/dispatch/result_json.hpp"
#include "runtime/report/document.hpp"

namespace satsim::host {
namespace {

struct Arguments {
    Options options;
    std::vector<int> channels;  // empty: see channel_counts()
    std::string report;
    bool tasks = false;
};

using nlohmann::ordered_json;

// Recipes in the plan's order, "dense" first.
ordered_json by_recipe(const ReproductionPlan& plan, const std::map<std::string, double>& values) {
    ordered_json object = ordered_json::object();
    for (const std::string& recipe : plan.recipes) object[recipe] = values.at(recipe);
    object["dense"] = 1;
    return object;
}

ordered_json steps_json(const ReproductionPlan& plan, const NetworkSpeedups& line) {
    ordered_json object = ordered_json::object();
    for (const std::string& recipe : plan.recipes) {
        const StepSummary& step = line.steps.at(recipe);
        object[recipe] = {{"gemm_s", step.time.gemm},
                          {"vector_s", step.time.vector},
                          {"host_s", step.time.host},
                          {"transfer_s", step.time.transfer},
                          {"utilization", step.utilization}};
    }
    return object;
}

ordered_json to_json(const ReproductionPlan& plan, const Reproduction& reproduction) {
    ordered_json networks = ordered_json::array();
    for (const NetworkSpeedups& line : reproduction.networks) {
        networks.push_back({{"name", line.name},
                            {"batch", line.batch},
                            {"speedup", by_recipe(plan, line.speedup)},
                            {"gemm_speedup", by_recipe(plan, line.gemm_speedup)},
                            {"arithmetic_bound", by_recipe(plan, line.arithmetic_bound)},
                            {"steps", steps_json(plan, line)}});
    }
    const NetworkSpeedups& average = reproduction.average;
    return {{"networks", std::move(networks)},
            {"average",
             {{"speedup", by_recipe(plan, average.speedup)},
              {"gemm_speedup", by_recipe(plan, average.gemm_speedup)},
              {"arithmetic_bound", by_recipe(plan, average.arithmetic_bound)}}},
            {"channels", reproduction.channels}};
}

// Every GEMM task of every step with its utilisation and, below 95 %, the reason.
std::string task_text(const Reproduction& reproduction) {
    std::string text;
    for (const StepResult& result : reproduction.all) {
        text += fmt::format("{}, batch {}, {}, {} memory channels\n\n{}\n", result.network, result.batch,
                            result.recipe, reproduction.channels, layer_table(result).text());
    }
    return text;
}

// The same for programs: one table, the step in the first columns.
std::string task_csv(const std::vector<Reproduction>& reproductions) {
    std::string csv;
    for (const Reproduction& reproduction : reproductions) {
        for (const StepResult& result : reproduction.all) {
            std::istringstream lines(layer_table(result).csv());
            std::string line;
            std::getline(lines, line);
            if (csv.empty()) csv = "network,channels,recipe," + line + "\n";
            while (std::getline(lines, line))
                csv +=
                    fmt::format("{},{},{},{}\n", result.network, reproduction.channels, result.recipe, line);
        }
    }
    return csv;
}

ordered_json tasks_json(const Reproduction& reproduction) {
    ordered_json list = ordered_json::array();
    for (const StepResult& result : reproduction.all) {
        list.push_back({{"network", result.network},
                        {"recipe", result.recipe},
                        {"layers", result_json(result).at("layers")}});
    }
    return list;
}

ordered_json all_json(const ReproductionPlan& plan, const std::vector<Reproduction>& reproductions) {
    ordered_json object = to_json(plan, reproductions.front());
    ordered_json published = ordered_json::array();
    for (const ReproductionPlan::Published& entry : plan.published)
        published.push_back({{"recipe", entry.recipe}, {"speedup", entry.speedup}, {"source", entry.source}});
    object["published"] = std::move(published);
    object["by_channels"] = ordered_json::array();
    for (const Reproduction& reproduction : reproductions)
        object["by_channels"].push_back(to_json(plan, reproduction));
    return object;
}

Table to_table(const ReproductionPlan& plan, const Reproduction& reproduction) {
    Table table(
        {"<network", "batch", "channels", "<recipe", "whole step", "GEMM only", "arithmetic", "published"});
    const auto add = [&](const NetworkSpeedups& line) {
        for (const std::string& recipe : plan.recipes) {
            if (recipe == "dense") continue;
            TableCell published("");
            for (const ReproductionPlan::Published& entry : plan.published) {
                if (entry.recipe == recipe && &line == &reproduction.average)
                    published = ratio_cell(entry.speedup);
            }
            table.row({line.name, line.batch > 0 ? std::to_string(line.batch) : "",
                       std::to_string(reproduction.channels), recipe, ratio_cell(line.speedup.at(recipe)),
                       ratio_cell(line.gemm_speedup.at(recipe)), ratio_cell(line.arithmetic_bound.at(recipe)),
                       published});
        }
        table.rule();
    };
    for (const NetworkSpeedups& line : reproduction.networks) add(line);
    add(reproduction.average);
    return table;
}

// Milliseconds by kind of work, dense and the recipe of a published figure one above the other.
Table time_table(const Reproduction& reproduction, const std::string& recipe) {
    Table table(
        {"<network", "<recipe", "step ms", "GEMM ms", "vector ms", "host ms", "PCIe ms", "utilisation"});
    for (const NetworkSpeedups& line : reproduction.networks) {
        for (const std::string& name : {std::string("dense"), recipe}) {
            const StepSummary& step = line.steps.at(name);
            const auto ms = [](double seconds) { return fmt::format("{:.1f}", 1e3 * seconds); };
            table.row({line.name, name, ms(step.time.total()), ms(step.time.gemm), ms(step.time.vector),
                       ms(step.time.host), ms(step.time.transfer),
                       fmt::format("{:.1f} %", 100 * step.utilization)});
        }
        table.rule();
    }
    return table;
}

// Mean share of a step that is not GEMM.
double other_share(const Reproduction& reproduction, const std::string& recipe) {
    double sum = 0;
    for (const NetworkSpeedups& line : reproduction.networks) {
        const TimeShares& time = line.steps.at(recipe).time;
        sum += 1 - time.gemm / time.total();
    }
    return sum / static_cast<double>(reproduction.networks.size());
}

// From what arithmetic allows to what the step reaches, in the terms of the simulation.
std::string explanation(const Reproduction& reproduction, const ReproductionPlan::Published& published) {
    const std::string& recipe = published.recipe;
    const NetworkSpeedups& average = reproduction.average;
    return fmt::format(
        "Where the time goes, {} memory channels\n\n{}\n"
        "{}: arithmetic allows {:.2f}x. The GEMM stages reach {:.2f}x: the rest is lost where utilisation "
        "falls (sparse\n"
        "tasks move the same activations in less time, and a task's fill is not shorter). Work that is no "
        "GEMM is\n"
        "{:.1f} % of the dense step and {:.1f} % of the sparse one, and N:M does not shorten it: {:.2f}x for "
        "the whole step.\n"
        "published: {:.2f}x, {}. Its batch sizes, memory bandwidth and host link are not\n"
        "published; --batch, --channels and --hardware show what they change. No constant of the model is "
        "fitted to it.\n",
        reproduction.channels, time_table(reproduction, recipe).text(), recipe,
        average.arithmetic_bound.at(recipe), average.gemm_speedup.at(recipe),
        100 * other_share(reproduction, "dense"), 100 * other_share(reproduction, recipe),
        average.speedup.at(recipe), published.speedup, published.source);
}

std::string to_text(const ReproductionPlan& plan, const std::vector<Reproduction>& reproductions,
                    const Options& options) {
    std::string text;
    for (const Reproduction& reproduction : reproductions) {
        text += fmt::format("Speedup over dense, {} memory channels, fidelity {}\n\n{}\n",
                            reproduction.channels, options.fidelity, to_table(plan, reproduction).text());
    }
    for (const ReproductionPlan::Published& entry : plan.published)
        text += explanation(reproductions.front(), entry);
    return text +
           "arithmetic: MACs dense over MACs with N:M; averages are arithmetic means over the networks\n";
}

// A table for people shows what the unknown bandwidth would change; programs get four channels unless they
// ask.
std::vector<int> channel_counts(const Arguments& arguments) {
    if (!arguments.channels.empty()) return arguments.channels;
    if (arguments.options.json || arguments.options.csv) return {4};
    return {4, 2, 1};
}

// A network's dense step beside the foremost recipe's, one a network.
ordered_json compared_steps(const Reproduction& reproduction, const Hardware& hardware) {
    ordered_json steps = ordered_json::array();
    const std::vector<StepResult>& results = reproduction.compared;
    for (std::size_t i = 0; i + 1 < results.size(); i += 2) {
        const std::string title =
            fmt::format("{}: {} against {}", results[i].network, results[i + 1].recipe, results[i].recipe);
        steps.push_back(report::step_json("compare", title, hardware,
                                          compare_json(results[i], results[i + 1]),
                                          std::span(results).subspan(i, 2)));
    }
    return steps;
}

int reproduce_command(const Arguments& arguments) {
    const Options& options = arguments.options;
    require_report(arguments.report);
    const ReproductionPlan plan = load_plan(options.models() / "reproduce.json");
    const Hardware base = options.hardware();
    std::vector<Reproduction> reproductions;
    for (const int channels : channel_counts(arguments)) {
        const Hardware hardware = with_channels(base, channels, "--channels");
        ProgressBar bar(fmt::format("simulating, {} channels", channels));
        const bool reported = !arguments.report.empty() && reproductions.empty();
        reproductions.push_back(reproduce(
            plan, options, hardware, {.compared = reported, .all = arguments.tasks, .engines = reported},
            [&bar](std::size_t done, std::size_t total) { bar.update(done, total); }));
    }
    const Reproduction& first = reproductions.front();
    const Hardware hardware = with_channels(base, first.channels, "--channels");
    write_steps_report(arguments.report, "reproduce",
                       "Networks of the SAT paper under every method and pattern", options, hardware,
                       all_json(plan, reproductions), compared_steps(first, hardware));
    if (options.json) {
        ordered_json object = all_json(plan, reproductions);
        if (arguments.tasks) object["tasks"] = tasks_json(reproductions.front());
        deliver(options, object.dump(1) + "\n");
    } else if (options.csv && arguments.tasks) {
        deliver(options, task_csv(reproductions));
    } else if (options.csv) {
        std::string csv;
        for (const Reproduction& reproduction : reproductions) {
            const std::string part = to_table(plan, reproduction).csv();
            csv += csv.empty() ? part : part.substr(part.find('\n') + 1);
        }
        deliver(options, csv);
    } else {
        std::string text;
        if (arguments.tasks) {
            for (const Reproduction& reproduction : reproductions) text += task_text(reproduction);
        }
        deliver(options, text + to_text(plan, reproductions, options));
    }
    return 0;
}

}  // namespace

void add_reproduce(CLI::App& program, Action& action) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = program.add_subcommand(
        "reproduce", "the SAT paper's networks under all methods, beside the published speedup");
    command->footer(
        "Example: satsim reproduce --channels 4 --report reproduction.html\n"
        "Example: satsim reproduce --channels 4 --tasks --csv -o tasks.csv");
    add_report_option(*command, arguments->report);
    command->add_flag("--tasks", arguments->tasks,
                      "also every GEMM task under every recipe, with its utilisation and, below 95 %, the "
                      "reason (--csv: these alone)");
    arguments->options.add_models(*command);
    command
        ->add_option("--hardware", arguments->options.hardware_name,
                     "hardware file, or the name of one in models/hardware")
        ->type_name(file_type::kHardware)
        ->capture_default_str();
    command
        ->add_option(
            "--channels", arguments->channels,
            "numbers of memory channels to run with: 1, 2, 4 (default: 4,2,1; with --json or --csv: 4)")
        ->delimiter(',')
        ->check(CLI::IsMember({1, 2, 4}));
    arguments->options.add_schedule(*command);
    arguments->options.add_simulation(*command);
    arguments->options.add_batch_size(*command);
    arguments->options.add_format(*command, "formats/compare.md");
    command->callback(
        [arguments, &action] { action = [arguments] { return reproduce_command(*arguments); }; });
}

}  // namespace satsim::host
