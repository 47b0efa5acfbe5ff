#include "runtime/dispatch/capacity.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/dispatch/kept_activations.hpp"
#include "runtime/support/error.hpp"
#include "runtime/workload/training_plan.hpp"
#include "runtime/workload/training_step.hpp"

namespace satsim {
namespace {

constexpr Bytes kFp16Bytes = 2;
constexpr Bytes kFp32Bytes = 4;

double gib(Bytes bytes) {
    return static_cast<double>(bytes) / static_cast<double>(Bytes{1} << 30);
}

// Values of two bytes and, where they are sparse, nibbles of an index.
Bytes packed(std::int64_t values, const NmPattern& nm) {
    const std::int64_t kept = ceil_div<std::int64_t>(values * nm.n, nm.m);
    return kept * kFp16Bytes + (nm.dense() ? 0 : ceil_div<std::int64_t>(kept, 2));
}

// Copies of frozen weights that GEMMs read, one for FF and one for BP where there is a BP.
struct FrozenCopies {
    Bytes bytes = 0;
    std::int64_t weights = 0;  // of FF
};
FrozenCopies frozen_copies(const TrainingStep& step, std::int64_t micro_batches) {
    FrozenCopies copies;
    for (const Task& task : step.tasks) {
        const auto* gemm = std::get_if<GemmTask>(&task);
        if (gemm == nullptr || !gemm->frozen || gemm->part.ends_with("again")) continue;
        const std::int64_t layers = gemm->times / micro_batches;
        // SDGP's BP is turned: its rows are the weight's.
        const std::int64_t columns = gemm->sparse_is_activation ? gemm->shape.m : gemm->shape.n;
        const std::int64_t values = layers * gemm->count * columns * gemm->shape.k;
        copies.bytes += packed(values, gemm->sparse_is_activation ? NmPattern{8, 8} : gemm->nm);
        if (gemm->stage == Stage::FF) copies.weights += values;
    }
    return copies;
}

struct TaskTotals {
    Bytes copies = 0;      // that optimizers write
    Bytes largest_dw = 0;  // of one layer
};
TaskTotals totals_of(const TrainingStep& step) {
    TaskTotals totals;
    for (const Task& task : step.tasks) {
        if (const auto* gemm = std::get_if<GemmTask>(&task)) {
            if (gemm->stage == Stage::WU)
                totals.largest_dw =
                    std::max(totals.largest_dw, kFp32Bytes * gemm->count * gemm->shape.m * gemm->shape.n);
        } else {
            const auto& vector = std::get<VectorTask>(task);
            if (vector.op == VectorOp::Optimizer) totals.copies += vector.times * vector.extra_bytes;
        }
    }
    return totals;
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
    const std::vector<LayerPlan> plan = plan_training(network, recipe);
    Footprint footprint;
    const std::int64_t samples = step.batch / recipe.micro_batches;
    footprint.activations = kept_activations(network, recipe, plan, samples);
    std::int64_t largest = network.input.elements();
    std::int64_t trained = 0;
    std::int64_t frozen = 0;
    for (std::size_t i = 0; i < plan.size(); ++i) {
        const Layer& layer = network.layers[i];
        if (plan[i].gradient) largest = std::max(largest, layer.items * layer.out.elements());
        (plan[i].trained ? trained : frozen) += layer.repeat * layer.parameters();
    }
    footprint.gradients = 2 * kFp16Bytes * largest * samples;
    const TaskTotals totals = totals_of(step);
    const FrozenCopies copies = frozen_copies(step, recipe.micro_batches);
    footprint.masters = kFp32Bytes * trained;
    footprint.copies =
        totals.copies + copies.bytes + kFp16Bytes * std::max<std::int64_t>(0, frozen - copies.weights);
    footprint.optimizer_state = trained * (recipe.optimizer == Optimizer::Sgd ? 4 : 8);
    footprint.weight_gradients = recipe.micro_batches > 1 ? kFp32Bytes * trained : totals.largest_dw;
    return footprint;
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

void require_fit(const Network& network, const Recipe& recipe, const TrainingStep& step,
                 const std::string& machine, Bytes capacity) {
    const Footprint footprint = footprint_of(network, recipe, step);
    if (footprint.total() <= capacity) return;
    std::string advice = advice_for(network, recipe, step, footprint, capacity);
    if (step.batch > 1) advice = "a smaller --batch, " + advice;
    require_capacity("network " + network.name, footprint, machine, capacity, advice);
}

}  // namespace satsim
