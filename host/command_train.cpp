// satsim train: training steps on real numbers, each task on the engine that a placement names.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "host/commands.hpp"
#include "host/compare/gpu_targets.hpp"
#include "host/file_types.hpp"
#include "host/inputs.hpp"
#include "host/options.hpp"
#include "host/progress.hpp"
#include "host/range.hpp"
#include "host/samples.hpp"
#include "host/table.hpp"
#include "runtime/execute/host_engine.hpp"
#include "runtime/execute/step.hpp"
#include "runtime/execute/written_out.hpp"
#include "runtime/gpu_execute/gpu_engine.hpp"
#include "runtime/gpu_execute/open_executor.hpp"
#include "runtime/placement/placement_file.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"
#include "sim/execute/cycle_engine.hpp"

namespace satsim::host {
namespace {

struct Arguments {
    Options options;
    std::string network;
    std::string recipe = "bdwp-2:8";
    int steps = 10;
    std::string engine = "sat";
    std::string placement;
    // Batches here are of few samples. SGD's momentum of 0.9 adds up to ten
    // steps of one gradient: at ten times this rate resnet9's loss jumps, at this one the losses fall.
    float rate = 0.001F;
    std::uint64_t seed = 1;
};

constexpr double kMostBytes = 8.0 * (1LL << 30);
// Loss scaling as it is usual: an overflow halves the scale, so many updates in a row double it again, up to
// the recipe's.
constexpr int kUpdatesUntilRaised = 2000;

// Values are held in binary64: of each parameter the master, its gradient, two states and two copies; of each
// FP16 activation itself, its gradient and what is on its way.
void require_room(const Network& network, std::int64_t batch) {
    constexpr double kParameter = 6 * sizeof(double);
    constexpr double kFp16Byte = 3 * sizeof(double) / 2.0;
    // ReLUs that the layer before applies have values of their own here.
    double fused = 0;
    for (const Layer& layer : network.layers)
        if (layer.fused)
            fused += static_cast<double>(layer.repeat * layer.items * layer.out.elements() * batch);
    const double bytes = static_cast<double>(network.parameters()) * kParameter +
                         (static_cast<double>(network.activation_bytes(batch)) + 2 * fused) * kFp16Byte;
    if (bytes <= kMostBytes) return;
    constexpr double kGiB = 1LL << 30;
    throw InputError(
        "network " + network.name, "",
        fmt::format("needs about {:.0f} GiB to be executed, expected at most {:.0f}: a smaller batch, "
                    "fewer parameters (--set, a parameter set)",
                    bytes / kGiB, kMostBytes / kGiB));
}

// Where the engines of a run stand in their list. The CPU runs everything; a GPU is there where it was asked
// for.
constexpr int kSat = 0;
constexpr int kCpu = 1;
constexpr int kGpu = 2;

struct Engines {
    Engines(const std::string& name, const schedule::MachineView& machine,
            const schedule::ScheduleOptions& how) {
        if (name == "sat-cycle")
            sat = std::make_unique<execute::SatCycleEngine>(machine, how);
        else
            sat = std::make_unique<execute::SatFunctionalEngine>(machine, how);
        list = {sat.get(), &cpu};
    }
    // Throws InputError, naming `asked`, where there is no GPU or no backend for it.
    void open_gpu(const std::string& asked, const std::vector<const Network*>& networks) {
        device = gpu::open_executor(asked, gpu_module_folders());
        gpu = std::make_unique<execute::GpuEngine>(*device);
        for (const Network* network : networks) gpu->add_layers(*network);
        list.push_back(gpu.get());
    }
    std::unique_ptr<execute::SatEngine> sat;
    execute::CpuEngine cpu;
    std::unique_ptr<gpu::Executor> device;
    std::unique_ptr<execute::GpuEngine> gpu;
    std::vector<execute::Engine*> list;
};

schedule::Hyperparameters hyperparameters(const Arguments& arguments) {
    schedule::Hyperparameters hyper;
    hyper.learning_rate = arguments.rate;
    return hyper;
}

// Of --rate: what is wrong with `text`. SAT's registers hold the rate in FP32.
std::string wrong_rate(const std::string& text) {
    float rate = 0;
    const char* const end = text.data() + text.size();
    const auto [next, fault] = std::from_chars(text.data(), end, rate);
    if (fault == std::errc{} && next == end && std::isfinite(rate) && rate > 0) return "";
    return text + " is no learning rate, expected a finite number above 0 that FP32 holds";
}

// Measured, recorded or predicted: a placement made with any of them runs on this machine's GPU.
bool is_gpu(const std::string& target) {
    return target == "gpu" || target.starts_with("gpu#") || target.starts_with("gpu:") ||
           target.starts_with("gpu-model:");
}

// What the targets of a placement file stand for: engines that execute.
class ExecutionMachines {
  public:
    ExecutionMachines(const nlohmann::json& document, const std::string& file)
        : names_{kEither, "sat", "cpu", "host"} {
        if (!document.is_object() || !document.contains("places") || !document["places"].is_array()) return;
        const JsonCursor places(document["places"], file);
        for (std::size_t i = 0; i < places.size(); ++i) {
            if (!places.node()[i].is_object() || !places.node()[i].contains("target") ||
                !places.node()[i]["target"].is_string())
                continue;  // refused where the file is read
            const std::string name = places.node()[i]["target"].get<std::string>();
            const bool on_gpu = is_gpu(name);
            if (on_gpu && gpu_place_.empty()) gpu_place_ = fmt::format("{}: /places/{}/target", file, i);
            const bool known = on_gpu || name.starts_with("sat#") || name.starts_with("cpu:");
            if (known && std::ranges::find(names_, name) == names_.end()) names_.push_back(name);
        }
    }

    // The engine that a node is on; none: the file does not say.
    [[nodiscard]] std::optional<int> engine_of(int machine) const {
        const std::string& name = names_[static_cast<std::size_t>(machine)];
        if (name == kEither) return std::nullopt;
        return name.starts_with("sat") ? kSat : is_gpu(name) ? kGpu : kCpu;
    }
    // Where the file names a GPU first; empty: nowhere.
    [[nodiscard]] const std::string& gpu_place() const { return gpu_place_; }

    [[nodiscard]] placement::Problem problem(placement::Graph graph, const TrainingStep& step,
                                             const std::vector<execute::Engine*>& engines) const {
        placement::Problem problem;
        problem.graph = std::move(graph);
        for (const std::string& name : names_) {
            problem.machines.emplace_back();
            problem.machines.back().name = name;
        }
        for (const placement::Node& node : problem.graph.nodes) {
            std::vector<double> seconds;
            for (std::size_t m = 0; m < names_.size(); ++m) {
                const auto engine = static_cast<std::size_t>(engine_of(static_cast<int>(m)).value_or(kCpu));
                const bool can = std::ranges::all_of(
                    node.tasks, [&](std::size_t task) { return engines[engine]->can_run(step.tasks[task]); });
                seconds.push_back(can ? 0 : placement::kCannot);
            }
            problem.joules.push_back(seconds);
            problem.seconds.push_back(std::move(seconds));
        }
        return problem;
    }

  private:
    static constexpr const char* kEither = "";  // machine 0: no file can name it

    std::vector<std::string> names_;
    std::string gpu_place_;
};

class Run {
  public:
    explicit Run(const Arguments& arguments)
        : arguments_(arguments),
          network_(find_sampled_network(arguments.network, arguments.options, kEveryCopy)),
          recipe_(find_recipe(arguments.recipe, arguments.options.models_folder)),
          hardware_(arguments.options.hardware()),
          step_(make_training_step(network_, recipe_, arguments.options.batch_override())),
          engines_(arguments.engine, {hardware_.array, hardware_.memory_config()},
                   arguments.options.schedule_options()) {
        execute::require_executable(network_);
        require_room(network_, step_.batch);
        if (std::ranges::none_of(network_.layers,
                                 [](const Layer& layer) { return layer.kind == LayerKind::Loss; }))
            throw InputError("network " + network_.name, "",
                             "has no loss, expected one that training lowers");
        placement_ = place_tasks();
    }

    // 1 where numbers left FP16's range.
    int go() {
        execute::Store store(network_, step_.batch, arguments_.seed);
        schedule::Hyperparameters hyper = hyperparameters(arguments_);
        Recipe recipe = recipe_;
        ProgressBar bar("training");
        int in_a_row = 0;
        for (int i = 1; i <= arguments_.steps; ++i) {
            const bool overflow =
                execute::execute_step(network_, recipe, step_, placement_, engines_.list, store, hyper)
                    .overflow;
            record(i, store, recipe.loss_scale, !overflow);
            bar.update(static_cast<std::size_t>(i), static_cast<std::size_t>(arguments_.steps));
            if (!std::isfinite(steps_.back().total))
                return failed("a loss is no finite number: values left the range of FP16");
            if (overflow && recipe.loss_scale <= 1)
                return failed(
                    "a gradient is no finite number, at a loss scale of 1: values left the range of FP16");
            in_a_row = overflow ? 0 : in_a_row + 1;
            if (overflow) {
                recipe.loss_scale = std::max(1.0, recipe.loss_scale / 2);
            } else {
                ++hyper.step;  // Adam counts updates
                if (in_a_row % kUpdatesUntilRaised == 0)
                    recipe.loss_scale = std::min(recipe_.loss_scale, 2 * recipe.loss_scale);
            }
        }
        return 0;
    }

    void print() const {
        const Options& options = arguments_.options;
        if (options.json) return deliver(options, document().dump(1) + "\n");
        std::vector<std::string> columns{"step", "loss"};
        // Where every step updated the weights there is nothing to say about the scale.
        const bool skipped = std::ranges::any_of(steps_, [](const Step& step) { return !step.updated; });
        const bool several = !steps_.empty() && steps_.front().losses.size() > 1;
        if (several)
            for (const auto& each : steps_.front().losses) columns.push_back(each.first);
        if (skipped) columns.insert(columns.end(), {"loss scale", "<update"});
        Table table(columns);
        for (const Step& step : steps_) {
            std::vector<std::string> row{std::to_string(step.number), fmt::format("{:.6f}", step.total)};
            if (several)
                for (const auto& each : step.losses) row.push_back(fmt::format("{:.6f}", each.second));
            if (skipped) {
                row.push_back(fmt::format("{}", step.loss_scale));
                row.emplace_back(step.updated ? "" : "skipped: overflow");
            }
            table.row(row);
        }
        const std::string head =
            fmt::format("{}, {}, batch {}: {} tasks on {}, {} on cpu{}\n\n", step_.network, step_.recipe,
                        step_.batch, tasks_on(kSat), engines_.sat->name(), tasks_on(kCpu),
                        engines_.gpu == nullptr
                            ? ""
                            : fmt::format(", {} on gpu ({})", tasks_on(kGpu), engines_.device->name()));
        deliver(options, options.csv ? table.csv() : head + table.text());
    }

  private:
    // The engine of each task: that of the placement file where it names one, which speaks of the network
    // with its repeats counted; what the file leaves out is --engine's, and vector work that this one cannot
    // do the CPU's. A GEMM that it cannot do is refused: nobody who asks for SAT or a GPU means that.
    std::vector<int> place_tasks() {
        const Network counted = find_sampled_network(arguments_.network, arguments_.options);
        const TrainingStep step = make_training_step(counted, recipe_, arguments_.options.batch_override());
        const nlohmann::json document =
            arguments_.placement.empty() ? nlohmann::json() : parse_json_file(arguments_.placement);
        const ExecutionMachines machines(document, arguments_.placement);
        const bool asked = arguments_.engine == "gpu";
        if (asked || !machines.gpu_place().empty())
            engines_.open_gpu(asked ? "--engine gpu" : machines.gpu_place(), {&network_, &counted});
        const placement::Problem problem =
            machines.problem(placement::make_graph(counted, recipe_, step), step, engines_.list);
        const std::vector<placement::Node>& nodes = problem.graph.nodes;
        const placement::Assignment open(nodes.size(), 0);
        const placement::Assignment assignment =
            arguments_.placement.empty()
                ? open
                : placement::parse_placement(document, arguments_.placement, counted, problem, &open);
        const int otherwise = asked ? kGpu : arguments_.engine == "cpu" ? kCpu : kSat;
        std::vector<int> engines(step.tasks.size(), kCpu);
        for (std::size_t n = 0; n < nodes.size(); ++n)
            for (const std::size_t task : nodes[n].tasks) {
                const int engine = machines.engine_of(assignment[n]).value_or(otherwise);
                const std::string why =
                    engines_.list[static_cast<std::size_t>(engine)]->refusal(step.tasks[task]);
                if (!why.empty() && std::holds_alternative<GemmTask>(step.tasks[task]))
                    throw InputError(engine == kGpu ? "layer " + std::get<GemmTask>(step.tasks[task]).layer
                                                    : "hardware " + hardware_.name,
                                     "", why);
                engines[task] = why.empty() ? engine : kCpu;
            }
        return execute::written_out(step, engines, step_);
    }

    struct Step {
        int number = 0;
        double total = 0;
        std::map<std::string, double> losses;
        double loss_scale = 1;
        bool updated = true;  // false: a gradient overflowed
    };

    [[nodiscard]] std::int64_t tasks_on(int engine) const {
        return std::count(placement_.begin(), placement_.end(), engine);
    }

    void record(int number, const execute::Store& store, double loss_scale, bool updated) {
        Step step{number, 0, store.losses, loss_scale, updated};
        for (const auto& each : step.losses) step.total += each.second;
        steps_.push_back(std::move(step));
    }

    [[nodiscard]] static int failed(std::string_view why) {
        fmt::print(stderr, "satsim: {}\n", why);
        return 1;
    }

    [[nodiscard]] nlohmann::ordered_json document() const {
        nlohmann::ordered_json list = nlohmann::ordered_json::array();
        for (const Step& step : steps_)
            list.push_back({{"step", step.number},
                            {"loss", step.total},
                            {"losses", step.losses},
                            {"loss_scale", step.loss_scale},
                            {"updated", step.updated}});
        nlohmann::ordered_json tasks = {{engines_.sat->name(), tasks_on(kSat)}, {"cpu", tasks_on(kCpu)}};
        if (engines_.gpu != nullptr) tasks["gpu"] = tasks_on(kGpu);
        return {{"network", step_.network},   {"recipe", step_.recipe},
                {"batch", step_.batch},       {"seed", arguments_.seed},
                {"hardware", hardware_.name}, {"learning_rate", arguments_.rate},
                {"tasks", std::move(tasks)},  {"steps", list}};
    }

    const Arguments& arguments_;
    Network network_;
    Recipe recipe_;
    Hardware hardware_;
    TrainingStep step_;
    Engines engines_;
    std::vector<int> placement_;
    std::vector<Step> steps_;
};

int train_command(const Arguments& arguments) {
    Run run(arguments);
    const int code = run.go();
    run.print();
    return code;
}

}  // namespace

void add_train(CLI::App& program, Action& action) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = program.add_subcommand("train", "training steps on real numbers, and their losses");
    command->footer(
        "Weights, samples and labels are random and follow from the seed; every step sees the same samples.\n"
        "Nothing is timed. docs/architecture/execution.md\n"
        "Example: satsim train resnet9 --recipe bdwp-2:8 --batch 2 --steps 3\n"
        "Example: satsim train armor-tiny --recipe wohg-3+bdwp-2:8 --steps 5 --json");
    command->add_option("network", arguments->network, "network file, or the name of one in models/networks")
        ->type_name(file_type::kNetwork)
        ->required();
    command->add_option("--recipe", arguments->recipe, kRecipeHelp)
        ->type_name(file_type::kRecipe)
        ->capture_default_str();
    command->add_option("--steps", arguments->steps, "how many steps")
        ->check(range(1, 1000000))
        ->capture_default_str();
    command
        ->add_option(
            "--engine", arguments->engine,
            "what runs tasks that --placement does not name: SAT's programs on the functional model, on "
            "the cycle model, the CPU, or this machine's GPU; vector work that SAT has no program for, or "
            "the "
            "GPU no kernel, is the CPU's")
        ->check(CLI::IsMember({"sat", "sat-cycle", "cpu", "gpu"}))
        ->capture_default_str();
    command
        ->add_option("--placement", arguments->placement,
                     "where tasks run: a placement file (docs/formats/placement.md) with the targets sat, "
                     "cpu, gpu and host")
        ->type_name(file_type::kFile);
    command->add_option("--rate", arguments->rate, "learning rate")
        ->check(CLI::Validator(wrong_rate, "POSITIVE"))
        ->capture_default_str();
    command->add_option("--seed", arguments->seed, "of weights, samples and labels")->capture_default_str();
    arguments->options.add_models(*command);
    arguments->options.add_hardware(*command);
    arguments->options.add_batch(*command);
    arguments->options.add_format(*command, "formats/train.md");
    command->callback([arguments, &action] { action = [arguments] { return train_command(*arguments); }; });
}

}  // namespace satsim::host
