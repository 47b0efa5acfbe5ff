#include "runtime/dispatch/capacity.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/support/error.hpp"

namespace satsim {
namespace {

double gib(Bytes bytes) {
    return static_cast<double>(bytes) / static_cast<double>(Bytes{1} << 30);
}

}  // namespace

Footprint footprint_of(const Network& network, const Recipe& recipe, const TrainingStep& step) {
    Footprint footprint;
    footprint.activations = network.activation_bytes(step.batch);
    std::int64_t largest = network.input.elements();
    for (const Layer& layer : network.layers) largest = std::max(largest, layer.out.elements());
    footprint.gradients = 2 * 2 * largest * step.batch;
    const std::int64_t parameters = network.parameters();
    footprint.weights = parameters * (4 + 2 + 2);
    footprint.optimizer_state = parameters * (recipe.optimizer == Optimizer::Sgd ? 4 : 8);
    for (const Task& task : step.tasks) {
        const auto* gemm = std::get_if<GemmTask>(&task);
        if (gemm != nullptr && gemm->stage == Stage::WU)
            footprint.weight_gradients =
                std::max(footprint.weight_gradients, 4 * gemm->count * gemm->shape.m * gemm->shape.n);
    }
    return footprint;
}

void require_capacity(const std::string& network, const Footprint& footprint, const Hardware& hardware) {
    require_capacity(network, footprint, hardware.name, hardware.capacity_bytes());
}

void require_capacity(const std::string& network, const Footprint& footprint, const std::string& machine,
                      Bytes capacity) {
    if (footprint.total() <= capacity) return;
    throw InputError(
        network, "",
        fmt::format("needs {:.1f} GiB of accelerator memory (activations {:.1f}, their gradients {:.1f}, "
                    "weights {:.1f}, "
                    "optimizer state {:.1f}, weight gradients {:.1f}), but {} has {:.1f} GiB; expected a "
                    "smaller --batch",
                    gib(footprint.total()), gib(footprint.activations), gib(footprint.gradients),
                    gib(footprint.weights), gib(footprint.optimizer_state), gib(footprint.weight_gradients),
                    machine, gib(capacity)));
}

}  // namespace satsim
