#include "runtime/dispatch/capacity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/dispatch/layer_footprint.hpp"
#include "runtime/support/error.hpp"
#include "runtime/workload/training_step.hpp"

namespace satsim {
namespace {

double gib(Bytes bytes) {
    return static_cast<double>(bytes) / static_cast<double>(Bytes{1} << 30);
}

Bytes total_of(const Network& network, const Recipe& recipe, std::int64_t batch) {
    return footprint_of(network, recipe, make_training_step(network, recipe, batch)).total();
}

// What a recipe changed in one respect would need.
struct Remedy {
    std::string words;
    Bytes total = 0;
};

bool can_recompute(const Network& network, const Recipe& recipe) {
    const bool repeats = std::any_of(network.layers.begin(), network.layers.end(),
                                     [](const Layer& layer) { return layer.region >= 0; });
    return repeats && recipe.recompute != Recompute::Modules;
}

Recipe recomputing(Recipe recipe) {
    recipe.recompute = Recompute::Modules;
    return recipe;
}

// A recipe that recomputes something already has a field that joining would contradict.
std::string recompute_words(const Recipe& recipe) {
    return recipe.recompute == Recompute::None ? "a recipe joined by +recompute"
                                               : "\"recompute\": \"modules\"";
}

// With the fewest micro-batches that fit, of more than the recipe has; if none do, as many as samples.
Remedy in_parts(const std::string& before, const Network& network, Recipe recipe, std::int64_t batch,
                Bytes capacity) {
    std::vector<std::int64_t> counts;
    for (std::int64_t parts = recipe.micro_batches + 1; parts <= batch; ++parts)
        if (batch % parts == 0) counts.push_back(parts);
    const auto total = [&](std::int64_t parts) {
        recipe.micro_batches = parts;
        return total_of(network, recipe, batch);
    };
    // Smaller parts keep less at a time: all counts after the first one that fits do so too.
    auto fewest =
        std::ranges::partition_point(counts, [&](std::int64_t parts) { return total(parts) > capacity; });
    if (fewest == counts.end()) --fewest;
    return {fmt::format("{}\"micro_batches\": {}", before, *fewest), total(*fewest)};
}

std::vector<Remedy> remedies(const Network& network, const Recipe& recipe, std::int64_t batch,
                             Bytes capacity) {
    std::vector<Remedy> list;
    const bool recomputes = can_recompute(network, recipe);
    const bool splits = recipe.micro_batches < batch;
    const Recipe again = recomputing(recipe);
    if (recomputes) list.push_back({recompute_words(recipe), total_of(network, again, batch)});
    if (splits) list.push_back(in_parts("", network, recipe, batch, capacity));
    const bool enough =
        std::ranges::any_of(list, [&](const Remedy& remedy) { return remedy.total <= capacity; });
    if (recomputes && splits && !enough)
        list.push_back(in_parts(recompute_words(recipe) + " and ", network, again, batch, capacity));
    return list;
}

std::string advice_for(const Network& network, const Recipe& recipe, const TrainingStep& step,
                       const Footprint& footprint, Bytes capacity) {
    Bytes least = footprint.total();
    std::string best;
    std::string words;
    for (const Remedy& remedy : remedies(network, recipe, step.batch, capacity)) {
        if (remedy.total <= capacity)
            words += fmt::format("{}{} ({:.1f} GiB)", words.empty() ? "" : " or ", remedy.words,
                                 gib(remedy.total));
        if (remedy.total < least) {
            least = remedy.total;
            best = remedy.words;
        }
    }
    if (!words.empty()) return words;
    return fmt::format("fewer trained modules (\"freeze\"), a smaller sample or at least {} such machines{}",
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

std::vector<std::string> what_would_need_less(const Network& network, const Recipe& recipe,
                                              const TrainingStep& step) {
    const Bytes needed = footprint_of(network, recipe, step).total();
    std::vector<std::string> words;
    if (step.batch > 1) words.emplace_back("a smaller --batch");
    if (can_recompute(network, recipe) && total_of(network, recomputing(recipe), step.batch) < needed)
        words.push_back(recompute_words(recipe));
    Recipe parts = recipe;
    parts.micro_batches = step.batch;
    if (recipe.micro_batches < step.batch && total_of(network, parts, step.batch) < needed)
        words.push_back(recipe.micro_batches == 1
                            ? "\"micro_batches\""
                            : fmt::format("more \"micro_batches\" than {}", recipe.micro_batches));
    return words;
}

void require_fit(const Network& network, const Recipe& recipe, const TrainingStep& step,
                 const std::string& machine, Bytes capacity, const std::string& besides) {
    const MemoryFit plan = plan_memory(network, recipe, step, capacity);
    if (plan.fits()) return;
    require_capacity(fmt::format("network {} under {}", network.name, step.recipe), plan.footprint, machine,
                     capacity, besides.empty() ? plan.advice : plan.advice + ", or " + besides);
}

}  // namespace satsim
