// Pieces that the vector tasks of all layers are made of. Counts of tensors read and written follow from what
// an operation needs when nothing is fused but a ReLU (fused_activation.hpp).
#pragma once

#include "runtime/workload/layer_tasks.hpp"

namespace satsim {

inline constexpr Bytes kFp16Bytes = 2;
inline constexpr Bytes kFp32Bytes = 4;

[[nodiscard]] inline VectorTask vector_task(const Layer& layer, VectorOp op, Stage stage,
                                            std::int64_t elements, int reads, int writes, int flops) {
    VectorTask task;
    task.layer = layer.name;
    task.op = op;
    task.stage = stage;
    task.elements = elements;
    task.reads_fp16 = reads;
    task.writes_fp16 = writes;
    task.flops_per_element = flops;
    return task;
}

// The last work of a layer on its output, which may apply the ReLU behind it.
[[nodiscard]] inline VectorTask clipped_as_asked(const Layer& layer, VectorTask task) {
    task.relu = layer.applies_relu;
    return task;
}

// A feature map whose channels have parameters or sums of their own.
[[nodiscard]] inline VectorTask by_channel(VectorTask task, std::int64_t channels, int vectors) {
    task.shape = {1, task.elements / channels, channels};
    task.extra_bytes = vectors * kFp32Bytes * channels;
    return task;
}

// Work on rows of `columns` elements, each by itself: softmax, layer normalisation.
[[nodiscard]] inline VectorTask by_row(VectorTask task, std::int64_t columns) {
    task.shape = {1, task.elements / columns, columns};
    return task;
}

[[nodiscard]] inline VectorTask host(VectorTask task) {
    task.sat_capable = false;
    return task;
}

// An addition of gradients of weights, which are FP32.
[[nodiscard]] inline VectorTask fp32_sum(VectorTask add) {
    add.reads_fp16 = add.writes_fp16 = 0;
    add.reads_fp32 = 2;
    add.writes_fp32 = 1;
    return add;
}

// Clears `elements` of a table's gradient, FP32, before the gradients of rows that were chosen are added to
// them; nothing where there are none. Which rows stay zero depends on the data, so all are cleared.
inline void append_table_fill(const Layer& layer, std::int64_t elements, std::vector<Task>& tasks) {
    if (elements <= 0) return;
    VectorTask fill = vector_task(layer, VectorOp::ZeroFill, Stage::BP, elements, 0, 0, 0);
    fill.writes_fp32 = 1;
    tasks.emplace_back(host(std::move(fill)));
}

// Layers that combine, move or resample tensors, and functions of single elements (element_tasks.cpp).
void append_element_ff(const StepContext& context, const Layer& layer, std::vector<Task>& tasks);
void append_element_bp(const StepContext& context, const Layer& layer, std::vector<Task>& tasks);
// Sums over the samples of the gradients of inputs that all of them share: of concatenations and products,
// whose tasks make such a gradient for every sample.
void append_shared_sums(const StepContext& context, const Layer& layer, std::vector<Task>& tasks);
// Layers that work on the positions of a sample's streams (sequence_tasks.cpp).
void append_sequence_ff(const StepContext& context, const Layer& layer, std::vector<Task>& tasks);
void append_sequence_bp(const StepContext& context, const Layer& layer, std::vector<Task>& tasks);

// VEC has no plain copy: a bias of zero moves every element.
[[nodiscard]] inline VectorTask copy_task(const Layer& layer, Stage stage, std::int64_t elements,
                                          std::int64_t channels) {
    return by_channel(vector_task(layer, VectorOp::Copy, stage, elements, 1, 1, 0), channels, 1);
}

}  // namespace satsim
