// Pieces that the GEMM tasks of all layers are made of.
#pragma once

#include "runtime/workload/layer_tasks.hpp"

namespace satsim {

inline constexpr NmPattern kDense{8, 8};

// A matrix product of `rows` rows of `channels`.
[[nodiscard]] inline Gather matrix_gather(std::int64_t rows, std::int64_t channels) {
    Gather gather;
    gather.grid_w = gather.in_w = static_cast<int>(rows);
    gather.channels = static_cast<int>(channels);
    return gather;
}

[[nodiscard]] inline Scatter matrix_scatter(std::int64_t rows) {
    Scatter scatter;
    scatter.out_w = static_cast<int>(rows);
    return scatter;
}

[[nodiscard]] inline GemmTask base_task(const Layer& layer, Stage stage) {
    GemmTask task;
    task.layer = layer.name;
    task.stage = stage;
    task.nm = kDense;
    return task;
}

[[nodiscard]] inline bool prunes_gradient(const StepContext& context, const PatternChoice& choice) {
    return !choice.nm.dense() && context.recipe.method == Method::Sdgp;
}

// SDGP's BP with the sparse operand as B. Taps of one column read one copy of the pruned dY^T, shifted by
// each: their rows follow each other in the order of K.
inline void turn_for_sparse_gradient(GemmTask& task) {
    const std::int64_t k = task.shape.k;
    task.shape = {task.shape.n, task.shape.m, k};
    task.gather = matrix_gather(task.shape.m, k);
    task.scatter = matrix_scatter(task.shape.m);
    task.sparse_is_activation = true;
}

// BP GEMMs that read one gradient. Where they are turned, it is pruned and packed, transposed, before them
// (`dy`, [copy or weight][position][channel]), and what they leave, dX^T, is transposed back behind them
// (`dx`, [weight][channel][position]).
void append_sparse_gradient(const Layer& layer, std::vector<Task> products, const MatrixShape& dy,
                            const MatrixShape& dx, std::vector<Task>& tasks);

// What a transposition of `count` matrices a sample turns: heads, which lie beside each other in the channels
// of one map, as one matrix, which gives the same rows, unless rows that pad a head's groups come between.
[[nodiscard]] inline MatrixShape all_of(const MatrixShape& one, std::int64_t count, bool heads) {
    constexpr std::int64_t kLargestGroup = 16;
    if (heads && one.columns % kLargestGroup == 0) return {one.taps, one.rows, count * one.columns};
    return {count * one.taps, one.rows, one.columns};
}

// Products of two activations, `count` of them a sample. C = A*B, or A^T*B where A lies as [k][m].
void append_product(const StepContext& context, const Layer& layer, Stage stage, const char* part,
                    std::int64_t count, const GemmShape& shape, std::vector<Task>& tasks);
void append_turned_product(const StepContext& context, const Layer& layer, Stage stage, const char* part,
                           std::int64_t count, const GemmShape& shape, std::vector<Task>& tasks);

// Attention within spans (attend_tasks.cpp).
void append_attend_ff(const StepContext& context, const Layer& layer, std::vector<Task>& tasks);
void append_attend_bp(const StepContext& context, const Layer& layer, std::vector<Task>& tasks);

// Convolutions and transposed ones. Stage FF, BP (not called where no gradient is handed down) or WU.
void append_convolution(const StepContext& context, const Layer& layer, int index, Stage stage,
                        std::vector<Task>& tasks);

}  // namespace satsim
