#include "runtime/execute/task_group.hpp"

#include <stdexcept>

namespace satsim::execute {
namespace {

bool is_part(std::string_view found, std::string_view part) {
    constexpr std::string_view kAgain = "again";
    if (found == part) return true;
    if (!found.ends_with(kAgain)) return false;
    found.remove_suffix(kAgain.size());
    if (found.ends_with(' ')) found.remove_suffix(1);
    return found == part;
}

}  // namespace

const std::string& layer_of(const Task& task) {
    return std::visit([](const auto& each) -> const std::string& { return each.layer; }, task);
}

Stage stage_of(const Task& task) {
    return std::visit([](const auto& each) { return each.stage; }, task);
}

std::string name_of(const Task& task) {
    std::string name = layer_of(task) + " " + to_string(stage_of(task));
    if (const auto* gemm = std::get_if<GemmTask>(&task))
        return name + (gemm->part.empty() ? "" : " " + gemm->part);
    return name + " " + to_string(std::get<VectorTask>(task).op);
}

int TaskGroup::find(Stage stage, std::string_view part) const {
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
        const auto* gemm = std::get_if<GemmTask>(&tasks_[i]);
        if (!used_[i] && gemm != nullptr && gemm->stage == stage && is_part(gemm->part, part))
            return static_cast<int>(i);
    }
    return -1;
}

int TaskGroup::find(VectorOp op, Stage stage) const {
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
        const auto* vector = std::get_if<VectorTask>(&tasks_[i]);
        if (!used_[i] && vector != nullptr && vector->stage == stage && vector->op == op)
            return static_cast<int>(i);
    }
    return -1;
}

Placed<GemmTask> TaskGroup::gemm(Stage stage, std::string_view part) {
    const int found = find(stage, part);
    if (found < 0)
        throw std::logic_error(
            "a layer's rule needs a GEMM that the step does not have: " + std::string(to_string(stage)) +
            " " + std::string(part) + (tasks_.empty() ? "" : " of " + layer_of(tasks_[0])));
    const auto i = static_cast<std::size_t>(found);
    used_[i] = true;
    return {std::get<GemmTask>(tasks_[i]), *engines_[static_cast<std::size_t>(placement_[i])]};
}

Placed<VectorTask> TaskGroup::vector(VectorOp op, Stage stage) {
    const int found = find(op, stage);
    if (found < 0)
        throw std::logic_error(
            "a layer's rule needs vector work that the step does not have: " + std::string(to_string(stage)) +
            " " + to_string(op) + (tasks_.empty() ? "" : " of " + layer_of(tasks_[0])));
    const auto i = static_cast<std::size_t>(found);
    used_[i] = true;
    return {std::get<VectorTask>(tasks_[i]), *engines_[static_cast<std::size_t>(placement_[i])]};
}

Values zeros_of(TaskGroup& tasks, const Layer& layer, Stage stage, std::size_t size) {
    const auto [task, engine] = tasks.vector(VectorOp::ZeroFill, stage);
    if (task.elements != static_cast<std::int64_t>(size))
        throw std::logic_error("layer " + task.layer + ": zero fill of " + std::to_string(task.elements) +
                               " elements, but " + std::to_string(size) + " are open");
    Values filled(size, 1.0);  // until the engine writes them
    engine.vector({.task = task, .layer = layer, .results = {filled}});
    return filled;
}

void TaskGroup::require_done() const {
    for (std::size_t i = 0; i < tasks_.size(); ++i)
        if (!used_[i]) throw std::logic_error("no rule executes the task " + name_of(tasks_[i]));
}

}  // namespace satsim::execute
