// The tasks of one layer in one direction, taken one by one as its rule needs them.
//
// A step lists a layer's GEMMs before its vector work, whatever the order of the data; rules take them in the
// order of the data.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/execute/engine.hpp"

namespace satsim::execute {

template <typename Kind>
struct Placed {
    const Kind& task;
    Engine& engine;
};

class TaskGroup {
  public:
    // `placement`: for each of `tasks` an index of `engines`.
    TaskGroup(std::span<const Task> tasks, std::span<const int> placement, std::span<Engine* const> engines)
        : tasks_(tasks), placement_(placement), engines_(engines), used_(tasks.size(), false) {}

    // The next one that nobody took. Throws std::logic_error when there is none. A part that is formed again
    // in the backward pass counts as the part.
    Placed<GemmTask> gemm(Stage stage, std::string_view part);
    Placed<VectorTask> vector(VectorOp op, Stage stage);
    [[nodiscard]] bool has(Stage stage, std::string_view part) const { return find(stage, part) >= 0; }
    [[nodiscard]] bool has(VectorOp op, Stage stage) const { return find(op, stage) >= 0; }
    // Throws std::logic_error when a task is left.
    void require_done() const;

  private:
    [[nodiscard]] int find(Stage stage, std::string_view part) const;
    [[nodiscard]] int find(VectorOp op, Stage stage) const;

    std::span<const Task> tasks_;
    std::span<const int> placement_;
    std::span<Engine* const> engines_;
    std::vector<bool> used_;
};

// What the layer's next zero fill of the stage leaves of `size` values. Throws std::logic_error where the
// step's is of another size.
[[nodiscard]] Values zeros_of(TaskGroup& tasks, const Layer& layer, Stage stage, std::size_t size);

[[nodiscard]] const std::string& layer_of(const Task& task);
[[nodiscard]] Stage stage_of(const Task& task);
// "conv1 FF norm statistics": for messages.
[[nodiscard]] std::string name_of(const Task& task);

}  // namespace satsim::execute
