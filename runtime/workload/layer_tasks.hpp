// The tasks of single layers; training_step.cpp puts them in order.
#pragma once

#include <vector>

#include "runtime/recipe/recipe.hpp"
#include "runtime/workload/network.hpp"
#include "runtime/workload/task.hpp"

namespace satsim {

struct StepContext {
    const Network& network;
    const Recipe& recipe;
    std::int64_t batch = 1;  // items of all samples that the layer at hand works on
    int first_gemm = -1;
    std::int64_t samples = 1;  // of them: of the step or one micro-batch; 1 when they share its output
    bool trains = true;        // the layer at hand has weights that the step updates
    // Of each layer, whether something trained lies below it; empty: of every one.
    std::vector<bool> gradients{};
    [[nodiscard]] bool hands_down(int index) const {
        return gradients.empty() || gradients[static_cast<std::size_t>(index)];
    }
    // Of each layer, whether it is trained or something below it is; empty: of every one.
    std::vector<bool> wanted{};
    [[nodiscard]] bool wants_gradient(int index) const {
        return index >= 0 && (wanted.empty() || wanted[static_cast<std::size_t>(index)]);
    }
    // Of each layer, the one that is tied to it; -1, or empty: none.
    std::vector<int> tied_reader{};
    // Network::shared_by_samples(); empty: no layer is.
    std::vector<bool> shared{};
    [[nodiscard]] bool is_shared(int layer) const {
        return layer >= 0 && !shared.empty() && shared[static_cast<std::size_t>(layer)];
    }
};

// Pattern of a layer's GEMM in one stage, and why it is dense when the recipe is not.
struct PatternChoice {
    NmPattern nm;
    std::string dense_reason;
};
// `grouped` is the extent of the dimension that is pruned (input channels in FF, output channels in BP), of
// one group.
[[nodiscard]] PatternChoice choose_pattern(const StepContext& context, const Layer& layer, int index,
                                           Stage stage, std::int64_t grouped);

void append_gemm_ff(const StepContext& context, const Layer& layer, int index, std::vector<Task>& tasks);
void append_gemm_bp(const StepContext& context, const Layer& layer, int index, std::vector<Task>& tasks);
void append_gemm_wu(const StepContext& context, const Layer& layer, int index, std::vector<Task>& tasks);

// Everything that is no GEMM: forward, backward and optimizer work of a layer.
void append_vector_ff(const StepContext& context, const Layer& layer, std::vector<Task>& tasks);
void append_vector_bp(const StepContext& context, const Layer& layer, std::vector<Task>& tasks);
[[nodiscard]] VectorTask transpose_task(const Layer& layer, Stage stage, const MatrixShape& shape);
void append_optimizer(const StepContext& context, const Layer& layer, int index, std::vector<Task>& tasks);

}  // namespace satsim
