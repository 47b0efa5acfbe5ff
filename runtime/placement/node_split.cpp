#include "runtime/placement/node_split.hpp"

#include <algorithm>

namespace satsim::placement {
namespace {

bool is_attention(const Layer& layer) {
    return layer.kind == LayerKind::Attention || layer.kind == LayerKind::Attend;
}

bool sat_capable(const Task& task) {
    const auto* vector = std::get_if<VectorTask>(&task);
    return vector == nullptr || vector->sat_capable;
}

Stage stage_of(const Task& task) {
    return std::visit([](const auto& each) { return each.stage; }, task);
}

// Over micro-batches and shared weights.
bool is_gradient_sum(const Task& task) {
    const auto* vector = std::get_if<VectorTask>(&task);
    return vector != nullptr && vector->stage == Stage::WU && vector->op == VectorOp::Add;
}

bool is_softmax(const Task& task) {
    const auto* vector = std::get_if<VectorTask>(&task);
    return vector != nullptr && (vector->op == VectorOp::Softmax || vector->op == VectorOp::SoftmaxGrad);
}

bool has_part(const Task& task, const char* part) {
    const auto* gemm = std::get_if<GemmTask>(&task);
    return gemm != nullptr && gemm->part.starts_with(part);
}

// What stands before the softmax: products up to the scores, in the backward pass up to the gradients of the
// probabilities.
std::vector<NodeTasks> split_attention(const std::vector<Task>& tasks, Stage stage, std::size_t first,
                                       std::size_t end) {
    const char* last_before = stage == Stage::FF ? "scores" : "dP";
    std::size_t border = first;
    for (std::size_t t = first; t < end; ++t)
        if (has_part(tasks[t], last_before)) border = t + 1;
    NodeTasks before{stage, stage == Stage::FF ? "scores" : "dP", {}};
    NodeTasks softmax{stage, "softmax", {}};
    NodeTasks after{stage, stage == Stage::FF ? "context" : "dQ dK dV", {}};
    for (std::size_t t = first; t < end; ++t)
        (is_softmax(tasks[t]) ? softmax : t < border ? before : after).tasks.push_back(t);
    std::vector<NodeTasks> nodes;
    for (NodeTasks* node : {&before, &softmax, &after})
        if (!node->tasks.empty()) nodes.push_back(std::move(*node));
    return nodes;
}

}  // namespace

std::vector<NodeTasks> split_nodes(const Layer& layer, const TrainingStep& step, std::size_t first,
                                   std::size_t end) {
    const std::vector<Task>& tasks = step.tasks;
    const Pass pass = step.origins[first].pass;
    if (pass == Pass::Update) {
        NodeTasks node{Stage::WU, "update", {}};
        for (std::size_t t = first; t < end; ++t) node.tasks.push_back(t);
        return {std::move(node)};
    }
    const Stage stage = pass == Pass::Backward ? Stage::BP : Stage::FF;
    std::size_t border = first;  // weights' gradients come last
    while (border < end && stage_of(tasks[border]) != Stage::WU) ++border;
    std::vector<NodeTasks> nodes;
    if (is_attention(layer)) {
        nodes = split_attention(tasks, stage, first, border);
        first = border;
    }
    for (std::size_t t = first; t < end; ++t) {
        const Stage own = t < border ? stage : Stage::WU;
        const bool sum = is_gradient_sum(tasks[t]);
        const bool fits = t > first && nodes.back().stage == own &&
                          sat_capable(tasks[t - 1]) == sat_capable(tasks[t]) &&
                          is_gradient_sum(tasks[t - 1]) == sum;
        if (!fits) nodes.push_back({own, sum ? "sum" : "", {}});
        nodes.back().tasks.push_back(t);
    }
    return nodes;
}

}  // namespace satsim::placement
