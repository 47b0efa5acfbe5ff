// What executes one task on real data. An engine knows nothing of networks: it gets operands and a task.
//
// Another one (a GPU) implements these four functions; docs/architecture/execution.md says what each
// operand is.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "runtime/execute/packed_weight.hpp"
#include "runtime/schedule/emit_vector.hpp"
#include "runtime/workload/network.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::execute {

// A feature map of several instances (heads, groups of a convolution). Strides in elements; the channels of
// an instance follow each other.
template <typename T>
struct MapView {
    T* data = nullptr;
    std::int64_t instance = 0;
    std::int64_t image = 0;
    std::int64_t row = 0;
    std::int64_t pixel = 0;
    [[nodiscard]] T* at(std::int64_t z, std::int64_t b, std::int64_t y, std::int64_t x) const {
        return data + z * instance + b * image + y * row + x * pixel;
    }
};

// Matrices of several instances.
template <typename T>
struct RowsView {
    T* data = nullptr;
    std::int64_t instance = 0;
    std::int64_t row = 0;
    [[nodiscard]] T* at(std::int64_t z, std::int64_t r) const { return data + z * instance + r * row; }
};

// C = A * B of task.count instances. A: the map that task.gather reads.
struct GemmWork {
    const GemmTask& task;
    MapView<const double> a;
    // B. FF and BP of a weight: its tap planes, those of instance z from z * taps / count on. Products of a
    // pruned gradient, whose A is the weight (task.sparse_is_activation): a plane an instance. Otherwise
    // (products of activations: K x N; WU: dY, positions x N) a matrix an instance.
    const PackedWeight* weight = nullptr;
    RowsView<const double> b{};
    // C. Of tasks that sum over positions (WU, products of the same form): rows weight_tap * channels +
    // channel. Else the map that task.scatter writes.
    MapView<double> map{};
    RowsView<double> rows{};
};

// One pass of vector work. What stands in the lists follows from the task's operation and the layer's kind:
// docs/architecture/execution.md has the table.
struct VectorWork {
    const VectorTask& task;
    const Layer& layer;
    std::vector<std::span<const double>> maps{};     // read; FP16 (optimizer and FP32 sums: FP32)
    std::vector<std::span<const double>> vectors{};  // read; FP32
    std::vector<std::span<double>> results{};        // written; FP16 (optimizer and FP32 sums: FP32)
    std::vector<std::span<double>> sums{};           // written; FP32
    std::span<const std::int64_t> numbers{};         // rows of tables, labels
    double factor = 1;                               // softmax: of the scores; loss: of the gradient
    std::int64_t length = 0;  // softmax: of a row; rotary: channels of a head; tables: values of a row
    schedule::Hyperparameters hyper{};
    PackedWeight* ff = nullptr;  // optimizer, pruning: the copies that it leaves
    PackedWeight* bp = nullptr;
};

class Engine {
  public:
    virtual ~Engine() = default;
    [[nodiscard]] virtual std::string name() const = 0;
    // Why it cannot run the task, which must then be placed elsewhere; empty: it can.
    [[nodiscard]] virtual std::string refusal(const Task& task) const = 0;
    [[nodiscard]] bool can_run(const Task& task) const { return refusal(task).empty(); }
    virtual void gemm(const GemmWork& work) = 0;
    virtual void vector(const VectorWork& work) = 0;
};

}  // namespace satsim::execute
