// satsim schedule: what the offline scheduler chooses, and the program that comes of it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "host/commands.hpp"
#include "host/fitting_gemm.hpp"
#include "host/inputs.hpp"
#include "host/notes.hpp"
#include "host/options.hpp"
#include "host/range.hpp"
#include "host/refuse_beside.hpp"
#include "host/samples.hpp"
#include "host/table.hpp"
#include "runtime/isa/assembler.hpp"
#include "runtime/isa/program.hpp"
#include "runtime/schedule/fold_image.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "runtime/support/error.hpp"
#include "sim/fast/ranked_schedules.hpp"
#include "sim/target/task_key.hpp"

namespace satsim::host {
namespace {

struct Arguments {
    Options options;
    std::string network;
    std::string recipe = "bdwp-2:8";
    std::string gemm;
    std::string nm = "dense";
    std::string layer;
    std::string stage;
    std::string part;
    std::size_t candidates = 1;
    bool assembly = false;
    std::string program;
};

// Of a step in which nothing matches: what there is to choose from.
std::string known_tasks(const Arguments& arguments, const TrainingStep& step) {
    constexpr std::size_t kMost = 8;
    std::vector<std::string> layers;
    std::vector<std::string> parts;  // of the layer
    for (const Task& task : step.tasks) {
        const auto* gemm = std::get_if<GemmTask>(&task);
        if (gemm == nullptr) continue;
        if (std::ranges::find(layers, gemm->layer) == layers.end()) layers.push_back(gemm->layer);
        if (gemm->layer == arguments.layer)
            parts.push_back(gemm->part.empty() ? to_string(gemm->stage)
                                               : fmt::format("{} {}", to_string(gemm->stage), gemm->part));
    }
    if (!parts.empty()) return fmt::format("{} has {}", arguments.layer, fmt::join(parts, ", "));
    if (layers.empty()) return "the step has none";
    const std::size_t shown = std::min(layers.size(), kMost);
    return fmt::format("expected a layer such as {}{}",
                       fmt::join(layers.begin(), layers.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                       shown < layers.size() ? fmt::format(" ({} in all)", layers.size()) : "");
}

std::string selection_text(const Arguments& arguments) {
    std::string text;
    for (const auto& [option, value] :
         {std::pair{"--layer", arguments.layer}, {"--stage", arguments.stage}, {"--part", arguments.part}})
        if (!value.empty()) text += fmt::format("{}{} {}", text.empty() ? "" : " ", option, value);
    return text.empty() ? "schedule" : text;
}

std::vector<GemmTask> chosen_tasks(const Arguments& arguments, const Hardware& hardware) {
    if (!arguments.gemm.empty()) return {fitting_gemm(arguments.gemm, arguments.nm, hardware)};
    const Options& options = arguments.options;
    note_dataflow(options.dataflow);
    const TrainingStep step = make_step(find_sampled_network(arguments.network, options),
                                        find_recipe(arguments.recipe, options.models_folder),
                                        options.batch_override(), hardware, !options.no_pregeneration);
    std::vector<GemmTask> tasks;
    for (const Task& task : step.tasks) {
        const auto* gemm = std::get_if<GemmTask>(&task);
        if (gemm == nullptr || (!arguments.layer.empty() && gemm->layer != arguments.layer) ||
            (!arguments.stage.empty() && arguments.stage != to_string(gemm->stage)) ||
            (!arguments.part.empty() && arguments.part != gemm->part))
            continue;
        tasks.push_back(*gemm);
    }
    if (tasks.empty())
        throw InputError(selection_text(arguments), "",
                         "matches no GEMM task; " + known_tasks(arguments, step));
    return tasks;
}

int show_program(const Arguments& arguments, const std::vector<GemmTask>& tasks,
                 const schedule::MachineView& machine) {
    std::set<std::string> distinct;
    for (const GemmTask& task : tasks) distinct.insert(sat::task_key(task));
    if (distinct.size() != 1)
        throw InputError("schedule", "",
                         fmt::format("{} different tasks match, expected one (--layer, --stage, --part)",
                                     distinct.size()));
    const GemmTask task = schedule::on_stored_input(tasks.front());
    const schedule::GemmSchedule choice =
        fast::ranked_schedules(task, machine, arguments.options.schedule_options(), 1).front();
    const isa::Program program = schedule::emit_gemm(task, choice, machine);
    if (!arguments.program.empty()) isa::save_program(program, arguments.program);
    if (arguments.assembly) deliver(arguments.options, isa::disassemble(program));
    return 0;
}

int show_choices(const Arguments& arguments, const std::vector<GemmTask>& tasks,
                 const schedule::MachineView& machine) {
    Table table({"<layer", "<stage", "count", "M x N x K", "N:M", "rank", "predicted cycles",
                 "DRAM (estimate)", "<schedule"});
    table.name_in_csv(7, "DRAM");
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const GemmTask& task : tasks) {
        int rank = 0;
        for (const schedule::GemmSchedule& choice :
             fast::ranked_schedules(schedule::on_stored_input(task), machine,
                                    arguments.options.schedule_options(), arguments.candidates)) {
            ++rank;
            const auto bytes = static_cast<Bytes>(std::llround(choice.lines * machine.array.line_bytes()));
            table.row({task.layer,
                       task.part.empty() ? to_string(task.stage)
                                         : fmt::format("{} {}", to_string(task.stage), task.part),
                       std::to_string(task.count),
                       fmt::format("{}x{}x{}", task.shape.m, task.shape.n, task.shape.k), to_string(task.nm),
                       std::to_string(rank), count_cell(choice.predicted), byte_cell(bytes),
                       choice.tile_text()});
            list.push_back({{"name", task.layer},
                            {"stage", to_string(task.stage)},
                            {"part", task.part},
                            {"count", task.count},
                            {"m", task.shape.m},
                            {"n", task.shape.n},
                            {"k", task.shape.k},
                            {"nm", to_string(task.nm)},
                            {"rank", rank},
                            {"dataflow", schedule::to_string(choice.dataflow)},
                            {"tile", choice.tile_text()},
                            {"predicted_cycles", choice.predicted},
                            {"predicted_dram_bytes", bytes}});
        }
    }
    const Options& options = arguments.options;
    deliver(options, options.json ? list.dump(1) + "\n" : options.csv ? table.csv() : table.text());
    return 0;
}

int schedule_command(const Arguments& arguments) {
    if (arguments.network.empty() == arguments.gemm.empty())
        throw InputError("schedule", "", "expected either NETWORK or --gemm");
    const Hardware hardware = arguments.options.hardware();
    const std::vector<GemmTask> tasks = chosen_tasks(arguments, hardware);
    const schedule::MachineView machine{hardware.array, hardware.memory_config()};
    if (arguments.assembly || !arguments.program.empty()) return show_program(arguments, tasks, machine);
    return show_choices(arguments, tasks, machine);
}

}  // namespace

void add_schedule(CLI::App& program, Action& action) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = program.add_subcommand(
        "schedule", "schedules with predicted cycles and estimated DRAM traffic, and their programs");
    command->footer(
        "Example: satsim schedule resnet18 --recipe bdwp-2:8\n"
        "Example: satsim schedule --gemm 64,64,64 --nm 2:8 --asm");
    command->add_option("network", arguments->network, "network file, or the name of one in models/networks");
    command->add_option("--recipe", arguments->recipe, kRecipeHelp)->capture_default_str();
    CLI::Option* gemm =
        command->add_option("--gemm", arguments->gemm, "M,N,K: one product C[M,N] = A[M,K] * B[K,N]");
    command->add_option("--nm", arguments->nm, "pattern of the GEMM's B along K: N:M, or dense")
        ->capture_default_str()
        ->needs(gemm);
    command->add_option("--layer", arguments->layer, "this layer only");
    command->add_option("--stage", arguments->stage, "this stage only")
        ->check(CLI::IsMember({"FF", "BP", "WU"}));
    command->add_option("--part", arguments->part, "this part of a stage only, for example \"phase 0,1\"");
    command->add_option("--candidates", arguments->candidates, "how many of the best schedules to show")
        ->check(range(1, 1000))
        ->capture_default_str();
    command->add_flag("--asm", arguments->assembly, "print the program of the one task that matches");
    command->add_option("--program", arguments->program,
                        "write the program of the one task that matches to this file");
    arguments->options.add_models(*command);
    arguments->options.add_hardware(*command);
    arguments->options.add_schedule(*command);
    arguments->options.add_batch(*command);
    arguments->options.add_format(*command, "formats/compare.md");
    command->callback([arguments, command, &action] {
        refuse_beside(*command, "--gemm",
                      {"--recipe", "--layer", "--stage", "--part", "--batch", "--set", "--sample",
                       "--no-pregeneration"});
        action = [arguments] { return schedule_command(*arguments); };
    });
}

}  // namespace satsim::host
