#include "runtime/execute/step.hpp"

#include <algorithm>
#include <stdexcept>

#include "runtime/execute/step_run.hpp"
#include "runtime/support/error.hpp"

namespace satsim::execute {
namespace {

// Takes the step's tasks layer by layer, in the order in which make_training_step() lists them.
class TaskWalk {
  public:
    TaskWalk(const TrainingStep& step, const std::vector<int>& placement, const std::vector<Engine*>& engines)
        : tasks_(step.tasks), placement_(placement), engines_(engines) {}

    TaskGroup forward(const Layer& layer) {
        return group(
            [&](const Task& task) { return layer_of(task) == layer.name && stage_of(task) == Stage::FF; });
    }
    TaskGroup backward(const Layer& layer) {
        return group([&](const Task& task) { return layer_of(task) == layer.name; });
    }
    void require_end() const {
        if (next_ != tasks_.size())
            throw std::logic_error("no layer executes the task " + name_of(tasks_[next_]));
    }

  private:
    template <typename Belongs>
    TaskGroup group(Belongs belongs) {
        const std::size_t first = next_;
        while (next_ < tasks_.size() && belongs(tasks_[next_])) ++next_;
        return {std::span(tasks_).subspan(first, next_ - first),
                std::span(placement_).subspan(first, next_ - first), engines_};
    }

    const std::vector<Task>& tasks_;
    const std::vector<int>& placement_;
    const std::vector<Engine*>& engines_;
    std::size_t next_ = 0;
};

void require_placement(const TrainingStep& step, const std::vector<int>& placement,
                       const std::vector<Engine*>& engines) {
    if (placement.size() != step.tasks.size())
        throw InputError("placement", "",
                         "has " + std::to_string(placement.size()) + " tasks, expected the step's " +
                             std::to_string(step.tasks.size()));
    for (std::size_t i = 0; i < placement.size(); ++i) {
        if (placement[i] < 0 || placement[i] >= static_cast<int>(engines.size()))
            throw InputError("placement", "/" + std::to_string(i),
                             "is " + std::to_string(placement[i]) + ", expected one of " +
                                 std::to_string(engines.size()) + " engines");
        const Engine& engine = *engines[static_cast<std::size_t>(placement[i])];
        if (const std::string why = engine.refusal(step.tasks[i]); !why.empty())
            throw InputError("placement", "/" + std::to_string(i),
                             "places " + name_of(step.tasks[i]) + " on " + engine.name() +
                                 ", which cannot run it: " + why);
    }
}

// The copies that an earlier update left; made from the masters where none did. A layer that is tied reads
// the owner's, or, where that has another pattern, one of its own that no update leaves.
void make_copies(const TrainingStep& step, const Network& network, Store& store) {
    std::map<std::string, std::size_t> index;
    for (std::size_t i = 0; i < network.layers.size(); ++i) index[network.layers[i].name] = i;
    for (const Task& task : step.tasks) {
        const auto* gemm = std::get_if<GemmTask>(&task);
        if (gemm == nullptr || !gemm->weight_operand || gemm->stage == Stage::WU) continue;
        if (gemm->sparse_is_activation) continue;  // reads FF's copy
        const auto copy_of = [&](LayerWeights& weights) -> PackedWeight& {
            return gemm->stage == Stage::FF ? weights.ff : weights.bp;
        };
        const std::size_t reader = index.at(gemm->layer);
        const int tied = network.layers[reader].tied;
        LayerWeights& owner = store.weights[tied >= 0 ? static_cast<std::size_t>(tied) : reader];
        PackedWeight& copy = copy_of(store.weights[reader]);
        if (tied >= 0) copy = {};
        const PackedWeight& left = copy_of(owner);
        if (!left.empty() && left.nm.dense() == gemm->nm.dense() &&
            (gemm->nm.dense() || left.nm == operand_pattern(gemm->nm)))
            continue;
        copy = pack_weight(owner.matrix.master, owner.shape, gemm->nm, gemm->stage, store.exact());
    }
}

// One pass of FF and BP over a micro-batch.
void run_part(StepRun& run, TaskWalk walk) {
    const auto layers = static_cast<int>(run.network.layers.size());
    const auto plan_of = [&](int i) -> const LayerPlan& { return run.plan[static_cast<std::size_t>(i)]; };
    const auto forward = [&](int i) {
        if (!plan_of(i).forward) return;
        TaskGroup tasks = walk.forward(run.layer(i));
        run.forward(i, tasks);
    };
    for (int i = 0; i < layers; ++i) forward(i);
    int formed = -1;
    for (int back = layers - 1; back >= 0; --back) {
        if (!plan_of(back).gradient) continue;
        const int region = run.layer(back).region;
        if (run.recipe.recompute == Recompute::Modules && region >= 0 && region != formed) {
            formed = region;
            int first = back;
            while (first > 0 && run.layer(first - 1).region == region) --first;
            for (int i = first; i < back; ++i) forward(i);
        }
        TaskGroup tasks = walk.backward(run.layer(back));
        run.backward(back, tasks);
    }
    walk.require_end();
}

class Outcome {
  public:
    Outcome(const Network& network, const Store& store) : network_(network), store_(store) {}

    // Adds a micro-batch's outputs behind the earlier ones'.
    void keep_outputs(const StepRun& run) {
        std::vector<bool> read(network_.layers.size(), false);
        for (const Layer& layer : network_.layers)
            for (const int input : layer.inputs)
                if (input >= 0 && layer.kind != LayerKind::Loss) read[static_cast<std::size_t>(input)] = true;
        std::size_t next = 0;
        for (std::size_t i = 0; i < read.size(); ++i) {
            if (read[i] || !run.plan[i].forward) continue;
            if (run.first_part()) outcome_.outputs.push_back({network_.layers[i].name, {}});
            Values& all = outcome_.outputs[next++].values;
            const Values& part = store_.layers[i].out;
            if (network_.layers[i].kind == LayerKind::Loss)
                all = part;  // a sum already
            else
                all.insert(all.end(), part.begin(), part.end());
        }
    }

    StepOutcome finish(const std::vector<LayerPlan>& plan) {
        for (std::size_t i = 0; i < plan.size(); ++i) {
            if (!plan[i].trained) continue;
            const std::string& name = network_.layers[i].name;
            for (const auto& [part, parameter] :
                 {std::pair{".weight", &store_.weights[i].matrix}, {".others", &store_.weights[i].others}}) {
                if (parameter->size() == 0) continue;
                outcome_.gradients.push_back({name + part, parameter->gradient});
                outcome_.masters.push_back({name + part, parameter->master});
            }
        }
        return std::move(outcome_);
    }

  private:
    const Network& network_;
    const Store& store_;
    StepOutcome outcome_;
};

}  // namespace

StepOutcome execute_step(const Network& network, const Recipe& recipe, const TrainingStep& step,
                         const std::vector<int>& engine_of_task, const std::vector<Engine*>& engines,
                         Store& store, schedule::Hyperparameters hyper) {
    require_executable(network);
    require_placement(step, engine_of_task, engines);
    if (step.batch != store.samples())
        throw InputError("store", "",
                         "has " + std::to_string(store.samples()) + " samples, expected the step's " +
                             std::to_string(step.batch));
    hyper.loss_scale = static_cast<float>(recipe.loss_scale);
    make_copies(step, network, store);
    StepRun run(network, recipe, store, hyper);
    Outcome outcome(network, store);
    for (std::int64_t part = 0; part < recipe.micro_batches; ++part) {
        run.begin(part);
        run_part(run, TaskWalk(step, engine_of_task, engines));
        outcome.keep_outputs(run);
    }
    const bool overflow = run.overflow();
    if (!overflow) run.update();
    StepOutcome left = outcome.finish(run.plan);
    left.overflow = overflow;
    return left;
}

}  // namespace satsim::execute
