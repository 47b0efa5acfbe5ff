// A step as it runs: whose values stand where, and where gradients go. Internal to runtime/execute.
#pragma once

#include "runtime/execute/step.hpp"
#include "runtime/execute/task_group.hpp"

namespace satsim::execute {

// The gradient of another use of a weight, and the step's addition for it.
struct TiedGradient {
    Placed<VectorTask> add;
    const Layer& layer;
    Values gradient;
};

// An optimizer's step that waits until all gradients are known to be finite.
struct PendingUpdate {
    Placed<VectorTask> optimizer;
    int layer;
    bool matrix;  // the layer's matrix; otherwise its other parameters
};

class StepRun {
  public:
    StepRun(const Network& network, const Recipe& recipe, Store& store, schedule::Hyperparameters hyper);

    // Micro-batch `part`: its samples are part * samples() .. in the store.
    void begin(std::int64_t part);
    void forward(int layer, TaskGroup& tasks);
    void backward(int layer, TaskGroup& tasks);
    // After the last micro-batch: whether a gradient that an update would read is infinite or NaN.
    [[nodiscard]] bool overflow() const;
    // After the last micro-batch: what update_later() kept.
    void update();
    void update_later(const PendingUpdate& update) { pending_.push_back(update); }

    const Network& network;
    const Recipe& recipe;
    const std::vector<LayerPlan> plan;
    Store& store;
    const schedule::Hyperparameters hyper;

    [[nodiscard]] std::int64_t samples() const { return samples_; }  // of a micro-batch
    [[nodiscard]] std::int64_t first_sample() const { return part_ * samples_; }
    [[nodiscard]] bool last_part() const { return part_ + 1 == recipe.micro_batches; }
    [[nodiscard]] bool first_part() const { return part_ == 0; }
    // Samples times items of a layer's output; 1 where all samples share it.
    [[nodiscard]] std::int64_t batch(int layer) const;
    // Network::shared_by_samples().
    [[nodiscard]] const std::vector<bool>& shared() const { return shared_; }
    // Of a layer's output or, below 0, of a network's input.
    [[nodiscard]] const Values& value(int index) const;
    // Whether a gradient of that layer's output is wanted.
    [[nodiscard]] bool wants(int index) const;
    [[nodiscard]] const Layer& layer(int index) const {
        return network.layers[static_cast<std::size_t>(index)];
    }

    // A gradient of the whole output of `index`; of the places of it that the slice `reader` has; of elements
    // that selected rows have. Nothing where none is wanted.
    void deliver(int index, Values gradient);
    void deliver_slice(int reader, const std::vector<std::size_t>& places, const Values& values);
    void deliver_selected(int index, const std::vector<std::size_t>& places, const Values& values);
    // Of the layers that are tied to `owner`, whose backward pass has run.
    [[nodiscard]] std::vector<TiedGradient>& tied_gradients(int owner) {
        return tied_gradients_[static_cast<std::size_t>(owner)];
    }

  private:
    static constexpr int kSelected = -1;
    // Parts of gradients that do not overlap, side by side in one tensor.
    struct Partial {
        int group = 0;   // of tensors that hold one kind of parts: the axis of slices, or kSelected
        int number = 0;  // of the group
        Values values;
        std::vector<bool> covered;
    };
    void place_slices();
    // Made where there is none yet.
    Partial& partial(int layer, int group, int number);
    // Adds up what was delivered to a layer, by the tasks that the step has for it.
    void sum_gradients(int layer, TaskGroup& tasks);
    void fill_uncovered(std::vector<Partial>& partials, bool selected, int layer, TaskGroup& tasks);

    std::int64_t samples_;
    std::int64_t part_ = 0;
    std::vector<bool> shared_;
    std::vector<int> slice_tensors_;  // of each slice: see slice_tensors()
    std::vector<Values> inputs_;      // of the micro-batch
    std::vector<std::vector<Values>> delivered_;
    std::vector<std::vector<Partial>> partials_;
    std::vector<std::vector<TiedGradient>> tied_gradients_;
    std::vector<PendingUpdate> pending_;
};

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
    // What the layer's zero fill leaves, `size` values.
    [[nodiscard]] Values zeros(std::size_t size) const;
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
