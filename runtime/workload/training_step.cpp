#include "runtime/workload/training_step.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/support/error.hpp"
#include "runtime/workload/gradient_sums.hpp"
#include "runtime/workload/training_plan.hpp"
#include "runtime/workload/vector_parts.hpp"
#include "runtime/workload/weight_shape.hpp"

namespace satsim {
namespace {

// Tasks of a step in the order of the header, with the counts of repeated layers and micro-batches.
class StepMaker {
  public:
    StepMaker(const Network& network, const Recipe& recipe, std::int64_t batch)
        : network_(network),
          plan_(plan_training(network, recipe)),
          sums_(network, plan_),
          shared_(network.shared_by_samples()),
          context_{network, recipe} {
        samples_ = batch / recipe.micro_batches;
        context_.first_gemm = network.first_gemm();
        context_.shared = shared_;
        context_.tied_reader = tied_readers(network);
        for (std::size_t i = 0; i < plan_.size(); ++i) {
            context_.gradients.push_back(plan_[i].hands_down);
            context_.wanted.push_back(plan_[i].hands_down || plan_[i].trained);
        }
    }

    // Fills in the step's tasks and their origins.
    void make(TrainingStep& step) {
        for (std::size_t i = 0; i < plan_.size(); ++i) {
            if (plan_[i].forward) forward(i, "");
        }
        for (std::size_t back = plan_.size(); back-- > 0;) {
            if (!plan_[back].gradient) continue;
            if (context_.recipe.recompute == Recompute::Modules) form_again(back);
            backward(back);
        }
        step.tasks = std::move(tasks_);
        step.origins = std::move(origins_);
    }

  private:
    void enter(std::size_t i) {
        const Layer& layer = network_.layers[i];
        context_.samples = shared_[i] ? 1 : samples_;
        context_.batch = shared_[i] ? 1 : samples_ * layer.items;
        context_.trains = plan_[i].trained;
    }

    void forward(std::size_t i, const char* part) {
        enter(i);
        const std::size_t first = tasks_.size();
        append_gemm_ff(context_, network_.layers[i], static_cast<int>(i), tasks_);
        append_vector_ff(context_, network_.layers[i], tasks_);
        const bool again = *part != '\0';
        count(i, first, context_.recipe.micro_batches, again ? Pass::Again : Pass::Forward);
        if (!again) return;
        for (std::size_t t = first; t < tasks_.size(); ++t) {
            auto* gemm = std::get_if<GemmTask>(&tasks_[t]);
            if (gemm == nullptr) continue;
            if (!gemm->part.empty()) gemm->part += ' ';
            gemm->part += part;
        }
    }

    void backward(std::size_t i) {
        const Layer& layer = network_.layers[i];
        const int index = static_cast<int>(i);
        enter(i);
        const std::size_t first = tasks_.size();
        sums_.append(context_, index, tasks_);
        append_vector_bp(context_, layer, tasks_);
        append_gemm_bp(context_, layer, index, tasks_);
        if (!plan_[i].trained) {
            count(i, first, context_.recipe.micro_batches, Pass::Backward);
            return;
        }
        append_gemm_wu(context_, layer, index, tasks_);
        count(i, first, context_.recipe.micro_batches, Pass::Backward);
        // Sums of weight gradients: of micro-batches, and of layers that share a weight.
        const std::size_t accumulated = tasks_.size();
        append_accumulation(layer);
        count(i, accumulated, context_.recipe.micro_batches - (layer.tied >= 0 ? 0 : 1), Pass::Backward);
        const std::size_t optimizer = tasks_.size();
        append_optimizer(context_, layer, index, tasks_);
        count(i, optimizer, 1, Pass::Update);
    }

    void append_accumulation(const Layer& layer) {
        const std::int64_t weights = layer.tied >= 0
                                         ? network_.layers[static_cast<std::size_t>(layer.tied)].parameters()
                                         : layer.parameters();
        if (layer.tied < 0 && context_.recipe.micro_batches == 1) return;
        tasks_.emplace_back(fp32_sum(vector_task(layer, VectorOp::Add, Stage::WU, weights, 0, 0, 1)));
    }

    // FF of the copy of a repeated module that layer `back` is the last of, up to what its gradients read.
    void form_again(std::size_t back) {
        const int region = network_.layers[back].region;
        if (region < 0 || region == formed_) return;
        formed_ = region;
        std::size_t first = back;
        while (first > 0 && network_.layers[first - 1].region == region) --first;
        for (std::size_t i = first; i < back; ++i) {
            if (plan_[i].forward) forward(i, "again");
        }
    }

    // The tasks from `first` on are layer i's in `pass`, `parts` times for each of its repetitions.
    void count(std::size_t i, std::size_t first, std::int64_t parts, Pass pass) {
        const Layer& layer = network_.layers[i];
        origins_.resize(tasks_.size(), {static_cast<int>(i), pass});
        for (std::size_t t = first; t < tasks_.size(); ++t) {
            if (auto* gemm = std::get_if<GemmTask>(&tasks_[t])) {
                gemm->times = layer.repeat * parts;
                gemm->frozen = gemm->weight_operand && !plan_[i].trained;
            } else {
                std::get<VectorTask>(tasks_[t]).times = layer.repeat * parts;
            }
        }
    }

    const Network& network_;
    std::vector<LayerPlan> plan_;
    GradientSums sums_;
    std::vector<bool> shared_;
    StepContext context_;
    std::int64_t samples_ = 1;  // of a micro-batch
    std::vector<Task> tasks_;
    std::vector<TaskOrigin> origins_;
    int formed_ = -1;
};

// Totals of a step fit 64 bits with room for sums over tasks.
void require_bounded(const Network& network, std::int64_t batch) {
    constexpr double kMost = 1e18;
    const double work =
        static_cast<double>(network.forward_macs()) + static_cast<double>(network.activation_bytes(1)) * 32;
    if (work * static_cast<double>(batch) > kMost)
        throw InputError(
            "network " + network.name, "",
            "has a step of more than 10^18 multiply-accumulates or bytes, expected a smaller batch");
}

// Whether an accelerator reads input number `i` of the network, other than by a convolution.
bool read_as_it_is(const Network& network, std::size_t i) {
    const int index = -1 - static_cast<int>(i);
    return std::any_of(network.layers.begin(), network.layers.end(), [&](const Layer& layer) {
        return layer.kind != LayerKind::Conv && layer.kind != LayerKind::Lookup &&
               std::find(layer.inputs.begin(), layer.inputs.end(), index) != layer.inputs.end();
    });
}

Bytes input_bytes(const Network& network, std::int64_t batch) {
    constexpr Bytes kFp16Bytes = 2;
    Bytes bytes = 0;
    for (std::size_t i = 0; i < network.inputs.size(); ++i) {
        const NetworkInput& input = network.inputs[i];
        if (read_as_it_is(network, i)) bytes += kFp16Bytes * batch * input.items * input.shape.elements();
    }
    return bytes;
}

// "text_loss, image_loss"
std::string names_of(const std::vector<const Layer*>& layers) {
    std::string names;
    for (const Layer* layer : layers) names += (names.empty() ? "" : ", ") + layer->path;
    return names;
}

// A step without tasks would count as one that takes no time. It names what left nothing: the weights of the
// losses, or a sample without positions for those that count.
void require_work(const Network& network, const Recipe& recipe, const TrainingStep& step) {
    if (!step.tasks.empty()) return;
    std::vector<const Layer*> losses;
    std::vector<const Layer*> counted;
    for (const Layer& layer : network.layers) {
        if (layer.kind != LayerKind::Loss) continue;
        losses.push_back(&layer);
        if (loss_counts(recipe, layer)) counted.push_back(&layer);
    }
    if (!losses.empty() && counted.empty())
        throw InputError(
            "recipe " + recipe.name, "/losses",
            fmt::format("leaves a step of {} without work: {} has weight 0, expected a loss that "
                        "counts",
                        network.name, names_of(losses)));
    if (!counted.empty())
        throw InputError(
            "network " + network.name, "",
            fmt::format("has no work in a step of {}: no positions lead to {}{}", recipe.name,
                        names_of(counted), network.sample.empty() ? "" : " in sample " + network.sample));
    throw InputError("network " + network.name, "",
                     "has no work in a step, expected a layer that computes or moves something");
}

}  // namespace

TrainingStep make_training_step(const Network& network, const Recipe& recipe,
                                std::optional<std::int64_t> batch) {
    TrainingStep step;
    step.network = network.name;
    step.recipe = recipe.name;
    step.sample = network.sample;
    step.assumptions = recipe.assumptions;
    step.batch = batch.value_or(recipe.batch.value_or(network.batch));
    if (step.batch % recipe.micro_batches != 0)
        throw InputError("recipe " + recipe.name, "/micro_batches",
                         "is " + std::to_string(recipe.micro_batches) +
                             ", expected a divisor of the batch of " + std::to_string(step.batch));
    require_bounded(network, step.batch);
    step.input_bytes = input_bytes(network, step.batch);
    StepMaker(network, recipe, step.batch).make(step);
    require_work(network, recipe, step);
    return step;
}

}  // namespace satsim
