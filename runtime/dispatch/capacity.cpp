#include "runtime/dispatch/capacity.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/dispatch/layer_footprint.hpp"
#include "runtime/support/error.hpp"
#include "runtime/workload/training_step.hpp"

namespace satsim {
namespace {

double gib(Bytes bytes) {
    return static_cast<double>(bytes) / static_cast<double>(Bytes{1} << 30);
}

// What a recipe changed in one respect would need.
struct Remedy {
    std::string words;
    Bytes total = 0;
};

std::vector<Remedy> remedies(const Network& network, const Recipe& recipe, std::int64_t batch) {
    std::vector<Remedy> list;
    const auto attempt = [&](std::string words, const Recipe& changed) {
        const TrainingStep step = make_training_step(network, changed, batch);
        list.push_back({std::move(words), footprint_of(network, changed, step).total()});
    };
    Recipe changed = recipe;
    const bool repeats = std::any_of(network.layers.begin(), network.layers.end(),
                                     [](const Layer& layer) { return layer.region >= 0; });
    if (repeats && recipe.recompute != Recompute::Modules) {
        changed.recompute = Recompute::Modules;
        attempt("a recipe joined by +recompute", changed);
    }
    if (batch > 1 && recipe.micro_batches < batch) {
        Recipe parts = recipe;
        parts.micro_batches = batch;
        attempt(fmt::format("\"micro_batches\": {}", batch), parts);
        if (repeats) {
            changed.micro_batches = batch;
            attempt(fmt::format("+recompute and \"micro_batches\": {}", batch), changed);
        }
    }
    return list;
}

std::string advice_for(const Network& network, const Recipe& recipe, const TrainingStep& step,
                       const Footprint& footprint, Bytes capacity) {
    Bytes least = footprint.total();
    std::string best;
    std::string words;
    for (const Remedy& remedy : remedies(network, recipe, step.batch)) {
        if (remedy.total <= capacity)
            words += fmt::format("{}{} ({:.1f} GiB)", words.empty() ? "" : " or ", remedy.words,
                                 gib(remedy.total));
        if (remedy.total < least) {
            least = remedy.total;
            best = remedy.words;
        }
    }
    if (!words.empty()) return words;
    return fmt::format("fewer trained modules (\"freeze\"), a smaller sample or {} such machines{}",
                       ceil_div(least, capacity),
                       best.empty() ? "" : fmt::format(" with {} ({:.1f} GiB in all)", best, gib(least)));
}

}  // namespace

Footprint footprint_of(const Network& network, const Recipe& recipe, const TrainingStep& step) {
    FootprintSum sum;
    for (const LayerFootprint& layer : layer_footprints(network, recipe, step)) sum.add(layer);
    const std::int64_t samples = step.batch / recipe.micro_batches;
    for (const KeptTensor& tensor : kept_tensors(network, recipe, plan_training(network, recipe), samples))
        sum.add(tensor.room);
    return sum.footprint(recipe.micro_batches);
}

std::string to_string(const Footprint& f) {
    return fmt::format(
        "{:.1f} GiB of accelerator memory (activations {:.1f}, their gradients {:.1f}, FP32 weights {:.1f}, "
        "FP16 "
        "copies {:.1f}, optimizer state {:.1f}, weight gradients {:.1f})",
        gib(f.total()), gib(f.activations), gib(f.gradients), gib(f.masters), gib(f.copies),
        gib(f.optimizer_state), gib(f.weight_gradients));
}

void require_capacity(const std::string& network, const Footprint& footprint, const Hardware& hardware,
                      const std::string& advice) {
    require_capacity(network, footprint, hardware.name, hardware.capacity_bytes(), advice);
}

void require_capacity(const std::string& network, const Footprint& footprint, const std::string& machine,
                      Bytes capacity, const std::string& advice) {
    if (footprint.total() <= capacity) return;
    throw InputError(network, "",
                     fmt::format("needs {}, but {} has {:.1f} GiB; expected {}", to_string(footprint),
                                 machine, gib(capacity), advice));
}

MemoryFit plan_memory(const Network& network, const Recipe& recipe, const TrainingStep& step,
                      Bytes capacity) {
    MemoryFit plan{footprint_of(network, recipe, step), capacity, ""};
    if (plan.fits()) return plan;
    plan.advice = advice_for(network, recipe, step, plan.footprint, capacity);
    if (step.batch > 1) plan.advice = "a smaller --batch, " + plan.advice;
    return plan;
}

void require_fit(const Network& network, const Recipe& recipe, const TrainingStep& step,
                 const std::string& machine, Bytes capacity, const std::string& besides) {
    const MemoryFit plan = plan_memory(network, recipe, step, capacity);
    if (plan.fits()) return;
    require_capacity(fmt::format("network {} under {}", network.name, step.recipe), plan.footprint, machine,
                     capacity, besides.empty() ? plan.advice : plan.advice + ", or " + besides);
}

}  // namespace satsim
