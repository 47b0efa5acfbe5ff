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

}  // namespace satsim::execute
