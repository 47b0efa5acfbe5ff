// satsim schedule: what the offline scheduler chooses, and the program that comes of it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "host/commands.hpp"
#include "host/file_types.hpp"
#include "host/fitting_gemm.hpp"
#include "host/inputs.hpp"
#include "host/notes.hpp"
#include "host/options.hpp"
#include "host/progress.hpp"
#include "host/range.hpp"
#include "host/refuse_beside.hpp"
#include "host/samples.hpp"
#include "host/table.hpp"
#include "runtime/isa/assembler.hpp"
#include "runtime/isa/program.hpp"
#include "runtime/schedule/fold_image.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "runtime/support/error.hpp"
#include "sim/fast/fast_sat.hpp"
#include "sim/fast/ranked_schedules.hpp"
#include "sim/target/sat_target.hpp"
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

// What is scheduled: GEMMs, and the updates and prunings that place the packed copies' generation.
bool is_scheduled(const Task& task) {
    if (std::holds_alternative<GemmTask>(task)) return true;
    const auto& vector = std::get<VectorTask>(task);
    return vector.sat_capable && (vector.op == VectorOp::Optimizer || vector.op == VectorOp::Prune);
}

bool matches(const Arguments& arguments, const Task& task) {
    const auto* gemm = std::get_if<GemmTask>(&task);
    const std::string& layer = gemm != nullptr ? gemm->layer : std::get<VectorTask>(task).layer;
    const Stage stage = gemm != nullptr ? gemm->stage : std::get<VectorTask>(task).stage;
    return (arguments.layer.empty() || layer == arguments.layer) &&
           (arguments.stage.empty() || arguments.stage == to_string(stage)) &&
           (arguments.part.empty() || (gemm != nullptr && arguments.part == gemm->part));
}

std::vector<Task> chosen_tasks(const Arguments& arguments, const Hardware& hardware) {
    if (!arguments.gemm.empty()) return {fitting_gemm(arguments.gemm, arguments.nm, hardware)};
    const Options& options = arguments.options;
    note_dataflow(options.dataflow);
    const TrainingStep step = make_step(find_sampled_network(arguments.network, options),
                                        find_recipe(arguments.recipe, options.models_folder),
                                        options.batch_override(), hardware, !options.no_pregeneration);
    std::vector<Task> tasks;
    for (const Task& task : step.tasks)
        if (is_scheduled(task) && matches(arguments, task)) tasks.push_back(task);
    if (std::ranges::none_of(tasks, [](const Task& task) { return std::holds_alternative<GemmTask>(task); }))
        throw InputError(selection_text(arguments), "",
                         "matches no GEMM task; " + known_tasks(arguments, step));
    return tasks;
}

// What `satsim run` does with the tasks: the best of a few schedules by the cycle model, or by the fast one.
sat::SatTarget run_tasks(const Arguments& arguments, const Hardware& hardware,
                         const std::vector<Task>& tasks) {
    sat::SatTarget target(arguments.options.sat_settings(hardware));
    ProgressBar bar("scheduling");
    (void)target.run(tasks, [&bar](std::size_t done, std::size_t total) { bar.update(done, total); });
    return target;
}

int show_program(const Arguments& arguments, const std::vector<Task>& tasks, const Hardware& hardware) {
    std::vector<Task> gemms;
    std::set<std::string> distinct;
    for (const Task& task : tasks) {
        if (!std::holds_alternative<GemmTask>(task)) continue;
        if (distinct.insert(sat::task_key(task)).second) gemms.push_back(task);
    }
    if (distinct.size() != 1)
        throw InputError("schedule", "",
                         fmt::format("{} different tasks match, expected one (--layer, --stage, --part)",
                                     distinct.size()));
    const sat::SatTarget target = run_tasks(arguments, hardware, gemms);
    const schedule::MachineView machine{hardware.array, hardware.memory_config()};
    const isa::Program program =
        schedule::emit_gemm(schedule::on_stored_input(std::get<GemmTask>(gemms.front())),
                            *target.found(gemms.front(), 0).schedule, machine);
    if (!arguments.program.empty()) isa::save_program(program, arguments.program);
    if (arguments.assembly) deliver(arguments.options, isa::disassemble(program));
    return 0;
}

// The table and the list of all choices.
class Choices {
  public:
    Choices(const Arguments& arguments, const schedule::MachineView& machine)
        : arguments_(arguments), machine_(machine) {
        table_.name_in_csv(7, "DRAM");
    }

    void add(const Task& task, const sat::SimulationResult& found) {
        if (const auto* gemm = std::get_if<GemmTask>(&task))
            add_gemm(*gemm, found);
        else
            add_update(std::get<VectorTask>(task), found);
    }
    [[nodiscard]] std::string text() const {
        const Options& options = arguments_.options;
        return options.json ? list_.dump(1) + "\n" : options.csv ? table_.csv() : table_.text();
    }

  private:
    // The taken one alone, or the best by prediction with it among them.
    void add_gemm(const GemmTask& task, const sat::SimulationResult& found) {
        const schedule::GemmSchedule& taken = *found.schedule;
        if (arguments_.candidates == 1) {
            add_choice(task, taken, 1, &found);
            return;
        }
        int rank = 0;
        bool listed = false;
        for (const schedule::GemmSchedule& choice :
             fast::ranked_schedules(schedule::on_stored_input(task), machine_,
                                    arguments_.options.schedule_options(), arguments_.candidates)) {
            const bool is_taken = choice.tile_text() == taken.tile_text();
            add_choice(task, choice, ++rank, is_taken ? &found : nullptr);
            listed = listed || is_taken;
        }
        if (!listed) add_choice(task, taken, ++rank, &found);
    }

    // `found`: of the schedule that is taken.
    void add_choice(const GemmTask& task, const schedule::GemmSchedule& choice, int rank,
                    const sat::SimulationResult* found) {
        const auto bytes = static_cast<Bytes>(std::llround(choice.lines * machine_.array.line_bytes()));
        table_.row({task.layer,
                    task.part.empty() ? to_string(task.stage)
                                      : fmt::format("{} {}", to_string(task.stage), task.part),
                    std::to_string(task.count),
                    fmt::format("{}x{}x{}", task.shape.m, task.shape.n, task.shape.k), to_string(task.nm),
                    std::to_string(rank), count_cell(choice.predicted), byte_cell(bytes),
                    simulated_cell(found), choice.tile_text()});
        list_.push_back({{"name", task.layer},
                         {"stage", to_string(task.stage)},
                         {"part", task.part},
                         {"kind", "gemm"},
                         {"count", task.count},
                         {"m", task.shape.m},
                         {"n", task.shape.n},
                         {"k", task.shape.k},
                         {"nm", to_string(task.nm)},
                         {"rank", rank},
                         {"dataflow", schedule::to_string(choice.dataflow)},
                         {"tile", choice.tile_text()},
                         {"predicted_cycles", choice.predicted},
                         {"predicted_dram_bytes", bytes},
                         {"taken", found != nullptr},
                         {"cycles", simulated_json(found)}});
    }

    // Its program follows from its shape; what is placed here is the generation of packed copies.
    void add_update(const VectorTask& task, const sat::SimulationResult& found) {
        std::vector<std::string> copies;
        if (task.pregenerate_ff) copies.push_back("FF " + to_string(*task.pregenerate_ff));
        if (task.pregenerate_bp) copies.push_back("BP " + to_string(*task.pregenerate_bp));
        const Cycles predicted = predicted_cycles(task);
        const Bytes bytes = (found.execution.memory.read_lines + found.execution.memory.write_lines) *
                            machine_.array.line_bytes();
        table_.row({task.layer, to_string(task.stage), "1", count_cell(task.elements), "", "1",
                    count_cell(predicted), byte_cell(bytes), simulated_cell(&found),
                    fmt::format("{}{}", to_string(task.op),
                                copies.empty() ? "" : fmt::format(", writes {}", fmt::join(copies, ", ")))});
        list_.push_back({{"name", task.layer},
                         {"stage", to_string(task.stage)},
                         {"part", ""},
                         {"kind", to_string(task.op)},
                         {"elements", task.elements},
                         {"pregenerates", copies},
                         {"predicted_cycles", predicted},
                         {"dram_bytes", bytes},
                         {"cycles", simulated_json(&found)}});
    }
    [[nodiscard]] Cycles predicted_cycles(const VectorTask& task) const {
        fast::FastSat model;
        return model.predict(schedule::emit_vector(task, machine_), machine_.memory).cycles;
    }

    static TableCell simulated_cell(const sat::SimulationResult* found) {
        if (found == nullptr) return "";
        if (!found->simulated) return "taken";
        return count_cell(found->execution.cycles());
    }
    static nlohmann::ordered_json simulated_json(const sat::SimulationResult* found) {
        return found != nullptr && found->simulated ? nlohmann::ordered_json(found->execution.cycles())
                                                    : nlohmann::ordered_json();
    }

    const Arguments& arguments_;
    const schedule::MachineView& machine_;
    Table table_{{"<layer", "<stage", "count", "M x N x K", "N:M", "rank", "predicted cycles",
                  "DRAM (estimate)", "cycles", "<schedule"}};
    nlohmann::ordered_json list_ = nlohmann::ordered_json::array();
};

int schedule_command(const Arguments& arguments) {
    if (arguments.network.empty() == arguments.gemm.empty())
        throw InputError("schedule", "", "expected either NETWORK or --gemm");
    const Hardware hardware = arguments.options.hardware();
    const std::vector<Task> tasks = chosen_tasks(arguments, hardware);
    if (arguments.assembly || !arguments.program.empty()) return show_program(arguments, tasks, hardware);
    const schedule::MachineView machine{hardware.array, hardware.memory_config()};
    const sat::SatTarget target = run_tasks(arguments, hardware, tasks);
    Choices choices(arguments, machine);
    for (std::size_t i = 0; i < tasks.size(); ++i) choices.add(tasks[i], target.found(tasks[i], i));
    deliver(arguments.options, choices.text());
    return 0;
}

}  // namespace

void add_schedule(CLI::App& program, Action& action) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = program.add_subcommand(
        "schedule", "the schedules that run takes, with their cycles, and their programs");
    command->footer(
        "Example: satsim schedule resnet18 --recipe bdwp-2:8\n"
        "Example: satsim schedule --gemm 64,64,64 --nm 2:8 --asm");
    command->add_option("network", arguments->network, "network file, or the name of one in models/networks")
        ->type_name(file_type::kNetwork);
    command->add_option("--recipe", arguments->recipe, kRecipeHelp)
        ->type_name(file_type::kRecipe)
        ->capture_default_str();
    CLI::Option* gemm =
        command->add_option("--gemm", arguments->gemm, "M,N,K: one product C[M,N] = A[M,K] * B[K,N]");
    command->add_option("--nm", arguments->nm, "pattern of the GEMM's B along K: N:M, or dense")
        ->capture_default_str()
        ->needs(gemm);
    command->add_option("--layer", arguments->layer, "this layer only");
    command->add_option("--stage", arguments->stage, "this stage only")
        ->check(CLI::IsMember({"FF", "BP", "WU"}));
    command->add_option("--part", arguments->part, "this part of a stage only, for example \"phase 0,1\"");
    command
        ->add_option("--candidates", arguments->candidates,
                     "how many of the best schedules by prediction to show, beside the one that is taken")
        ->check(range(1, 1000))
        ->capture_default_str();
    command->add_flag("--asm", arguments->assembly, "print the program of the one task that matches");
    command
        ->add_option("--program", arguments->program,
                     "write the program of the one task that matches to this file")
        ->type_name(file_type::kOutput);
    arguments->options.add_models(*command);
    arguments->options.add_hardware(*command);
    arguments->options.add_schedule(*command);
    arguments->options.add_simulation(*command);
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
