// One layer of a step at work, and the rules by which layers of each kind are executed. Internal to
// runtime/execute.
#pragma once

#include "runtime/execute/step_run.hpp"

namespace satsim::execute {

// A layer's rule at work.
struct LayerRun {
    StepRun& run;
    TaskGroup& tasks;
    const int index;
    const Layer& layer;
    LayerValues& values;
    LayerWeights& weights;

    [[nodiscard]] const Values& in(std::size_t i = 0) const { return run.value(layer.inputs[i]); }
    [[nodiscard]] bool wants(std::size_t i = 0) const { return run.wants(layer.inputs[i]); }
    [[nodiscard]] bool trained() const { return run.plan[static_cast<std::size_t>(index)].trained; }
    // The weight as GEMMs of the stage read it: the layer's copy or that of the layer that it is tied to.
    [[nodiscard]] const PackedWeight& weight(Stage stage) const;
    [[nodiscard]] std::int64_t batch() const { return run.batch(index); }
    // Samples of the micro-batch, and the number of the first one; 1 and 0 where all share the layer's
    // output.
    [[nodiscard]] std::int64_t samples() const { return is_shared() ? 1 : run.samples(); }
    [[nodiscard]] std::int64_t first_sample() const { return is_shared() ? 0 : run.first_sample(); }
    [[nodiscard]] std::size_t in_elements() const {
        return static_cast<std::size_t>(batch() * layer.in.elements());
    }
    [[nodiscard]] std::size_t out_elements() const {
        return static_cast<std::size_t>(batch() * layer.out.elements());
    }
    // Input i of every sample: what all of them share is repeated. Its gradient, which is then summed.
    [[nodiscard]] Values each(std::size_t i) const;
    void deliver_each(std::size_t i, Values gradient) const;
    void deliver(std::size_t i, Values gradient) const { run.deliver(layer.inputs[i], std::move(gradient)); }
    // One pass of maps to one map of `elements`.
    [[nodiscard]] Values map(VectorOp op, Stage stage, const std::vector<const Values*>& maps,
                             std::size_t elements, const std::vector<const Values*>& vectors = {}) const;
    // C[m,n] = A[m,k] * B[k,n] of every instance of a product of activations.
    [[nodiscard]] Values product(Stage stage, std::string_view part, const Values& a, const Values& b) const;
    // The same of an A that lies as [k][m].
    [[nodiscard]] Values turned_product(Stage stage, std::string_view part, const Values& a,
                                        const Values& b) const;
    // The gradient of a table of `size` values: the rows of `length` that `numbers` names have the sums of
    // theirs, the others the zeros of the fill that comes first.
    [[nodiscard]] Values table_gradient(const Values& gradient, std::size_t size,
                                        std::span<const std::int64_t> numbers, std::int64_t length) const;
    // What the layer's next zero fill of the stage leaves of `size` values.
    [[nodiscard]] Values zeros(std::size_t size, Stage stage = Stage::BP) const;
    // A gradient's sums over what shared `size` values: over positions, or the rows of `length` that
    // `numbers` names.
    [[nodiscard]] Values sums(VectorOp op, const Values& gradient, std::size_t size,
                              std::span<const std::int64_t> numbers = {}, std::int64_t length = 0) const;
    // Moves a tensor that was put together by address: the copy that the step has for it.
    [[nodiscard]] Values copied(Stage stage, const Values& values, std::size_t channels) const;

  private:
    [[nodiscard]] bool is_shared() const { return run.shared()[static_cast<std::size_t>(index)]; }
};

struct LayerRule {
    void (*forward)(LayerRun&);
    void (*backward)(LayerRun&);
};
[[nodiscard]] LayerRule rule_of(LayerKind kind);

// C = A * W of all instances of a GEMM: A [instance][row][k], C [instance][row][n]; the weight has their taps
// one after the other.
[[nodiscard]] Values weighted(const Placed<GemmTask>& gemm, const Values& a, const PackedWeight& weight);
// `rows` x `columns` of a task on a matrix that is run in several parts, on one engine.
[[nodiscard]] VectorTask part_of(const VectorTask& task, std::int64_t rows, std::int64_t columns);

// Of a convolution or linear layer that has them: to its output, and from the gradient of it.
void add_bias(LayerRun& run);
void take_bias_gradient(LayerRun& run);
// Weight gradients of earlier micro-batches are added to this one's, by the step's task for it.
void add_gradients(LayerRun& run, const Values& matrix, const Values& others);
// Of one weight that several layers use: a tied layer leaves its gradient to the owner, who adds it to its
// own.
void leave_gradient(LayerRun& run);
void add_tied_gradients(LayerRun& run);
// SDGP's turned GEMM (GemmTask::sparse_is_activation) with the pruning before it and the transposition behind
// it: from dY, [weight][row][channel], to dX in the same order. `weight` is FF's copy of the task's weights,
// which SDGP never prunes.
[[nodiscard]] Values multiplied_pruned(LayerRun& run, const Placed<GemmTask>& gemm, const Values& dy,
                                       const PackedWeight& weight);
// The same of a convolution: whether the step prunes its dY, and the rule that then hands dX down.
[[nodiscard]] bool gradient_is_pruned(const LayerRun& run);
void hand_down_pruned(LayerRun& run);
// [matrix][row][column] to [matrix][column][row], of this shape.
void transpose_each(Values& values, const MatrixShape& to);
// Leaves the optimizer's step of one layer to StepRun::update(), in the last micro-batch.
void update_weights(LayerRun& run);

// Rules, by family.
void forward_convolution(LayerRun& run);
void backward_convolution(LayerRun& run);
void forward_linear(LayerRun& run);
void backward_linear(LayerRun& run);
void forward_attend(LayerRun& run);
void backward_attend(LayerRun& run);
void forward_attention(LayerRun& run);
void backward_attention(LayerRun& run);
void forward_product(LayerRun& run);
void backward_product(LayerRun& run);
void forward_quantize(LayerRun& run);
void backward_quantize(LayerRun& run);
void forward_channel_norm(LayerRun& run);
void backward_channel_norm(LayerRun& run);
void forward_row_norm(LayerRun& run);
void backward_row_norm(LayerRun& run);
void forward_activation(LayerRun& run);
void backward_activation(LayerRun& run);
void forward_add(LayerRun& run);
void backward_add(LayerRun& run);
void forward_multiply(LayerRun& run);
void backward_multiply(LayerRun& run);
void forward_pool(LayerRun& run);
void backward_pool(LayerRun& run);
void forward_softmax(LayerRun& run);
void backward_softmax(LayerRun& run);
void forward_combine(LayerRun& run);
void backward_combine(LayerRun& run);
void forward_resize(LayerRun& run);
void backward_resize(LayerRun& run);
void forward_view(LayerRun& run);
void backward_view(LayerRun& run);
void forward_slice(LayerRun& run);
void backward_slice(LayerRun& run);
void forward_concat(LayerRun& run);
void backward_concat(LayerRun& run);
void forward_pad(LayerRun& run);
void backward_pad(LayerRun& run);
void forward_permute(LayerRun& run);
void backward_permute(LayerRun& run);
void forward_select(LayerRun& run);
void backward_select(LayerRun& run);
void forward_splice(LayerRun& run);
void backward_splice(LayerRun& run);
void forward_parameter(LayerRun& run);
void backward_parameter(LayerRun& run);
void forward_lookup(LayerRun& run);
void backward_lookup(LayerRun& run);
void forward_embedding(LayerRun& run);
void backward_embedding(LayerRun& run);
void forward_rope(LayerRun& run);
void backward_rope(LayerRun& run);
void forward_loss(LayerRun& run);
void backward_loss(LayerRun& run);

}  // namespace satsim::execute
