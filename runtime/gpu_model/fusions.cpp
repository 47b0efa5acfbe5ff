#include "runtime/gpu_model/fusions.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/workload/norm_axis.hpp"

namespace satsim::gpu {
namespace {

const std::string& layer_of(const Task& task) {
    return std::visit([](const auto& t) -> const std::string& { return t.layer; }, task);
}

// Attention's products: their scores, context and gradients.
bool is_attention_product(const Task& task, Stage stage) {
    const auto* gemm = std::get_if<GemmTask>(&task);
    return gemm != nullptr && !gemm->weight_operand && gemm->stage == stage;
}
bool is_softmax(const VectorTask& task) {
    return (task.op == VectorOp::Softmax || task.op == VectorOp::SoftmaxGrad) && !task.attention.empty();
}
bool is_by_row(const VectorTask& norm) {
    return !is_norm_by_channel(norm) && norm.shape.rows > 0;
}

// Of one layer.
class NeighbouringTasks {
  public:
    NeighbouringTasks(const std::vector<Task>& tasks, std::size_t begin)
        : tasks_(tasks), begin_(begin), end_(begin) {
        while (end_ < tasks.size() && layer_of(tasks[end_]) == layer_of(tasks[begin])) ++end_;
    }
    [[nodiscard]] std::size_t end() const { return end_; }

    void append_fusions(std::vector<Fusion>& fusions) const {
        for (std::size_t i = begin_; i < end_; ++i) {
            const auto* vector = std::get_if<VectorTask>(&tasks_[i]);
            if (vector == nullptr) continue;
            if (i + 1 < end_ && completes(*vector, tasks_[i + 1])) fusions.push_back(whole_norm(i));
            if (is_softmax(*vector) && !has_gradient_beside(*vector))
                append_if_any(whole_attention(*vector), fusions);
            if (vector->op == VectorOp::Bias) append_if_any(with_bias(i), fusions);
        }
    }

  private:
    static void append_if_any(Fusion fusion, std::vector<Fusion>& fusions) {
        if (!fusion.parts.empty()) fusions.push_back(std::move(fusion));
    }

    // Whether `next` is the norm, or its gradient, whose statistics these are.
    static bool completes(const VectorTask& statistics, const Task& next) {
        const auto* norm = std::get_if<VectorTask>(&next);
        if (norm == nullptr || !is_by_row(statistics) || !is_by_row(*norm)) return false;
        const bool pair =
            (statistics.op == VectorOp::NormStatistics && norm->op == VectorOp::NormApply) ||
            (statistics.op == VectorOp::NormGradStatistics && norm->op == VectorOp::NormGradApply);
        return pair && statistics.stage == norm->stage && statistics.shape == norm->shape &&
               statistics.times == norm->times;
    }
    [[nodiscard]] Fusion whole_norm(std::size_t i) const {
        VectorTask whole = std::get<VectorTask>(tasks_[i + 1]);
        whole.flops_per_element += std::get<VectorTask>(tasks_[i]).flops_per_element;
        whole.fused = true;
        return {{i, i + 1}, {{whole, {{i + 1, 1}}}}, "none: the norm's kernel forms them"};
    }

    // The probabilities that a backward pass forms again are its own kernel's work.
    [[nodiscard]] bool has_gradient_beside(const VectorTask& softmax) const {
        if (softmax.op == VectorOp::SoftmaxGrad || softmax.stage != Stage::BP) return false;
        return std::any_of(at(begin_), at(end_), [](const Task& task) {
            const auto* vector = std::get_if<VectorTask>(&task);
            return vector != nullptr && vector->op == VectorOp::SoftmaxGrad;
        });
    }
    // One task for each length of sequences. Their time is the products', by multiply-accumulates.
    [[nodiscard]] Fusion whole_attention(const VectorTask& softmax) const {
        Fusion fusion{{}, {}, "none: attention's kernel forms them"};
        std::vector<FusedShare> shares;
        double macs = 0;
        for (std::size_t i = begin_; i < end_; ++i) {
            const auto* vector = std::get_if<VectorTask>(&tasks_[i]);
            if (times_of(tasks_[i]) != softmax.times) continue;
            if (vector != nullptr && is_softmax(*vector) && vector->stage == softmax.stage)
                fusion.tasks.push_back(i);
            if (!is_attention_product(tasks_[i], softmax.stage)) continue;
            fusion.tasks.push_back(i);
            shares.push_back({i, static_cast<double>(std::get<GemmTask>(tasks_[i]).dense_macs())});
            macs += shares.back().share;
        }
        if (macs <= 0) return fusion;
        for (FusedShare& share : shares) share.share /= macs;
        for (const AttentionShape& shape : softmax.attention) {
            VectorTask whole = softmax;
            whole.elements = shape.sequences * shape.heads * shape.pairs();
            whole.attention = {shape};
            whole.fused = true;
            fusion.parts.push_back({whole, shares});
        }
        return fusion;
    }

    // The products before it whose results together are what the bias is added to.
    [[nodiscard]] Fusion with_bias(std::size_t bias) const {
        const auto& add = std::get<VectorTask>(tasks_[bias]);
        Fusion fusion{{}, {}, "none: the product's kernel adds it"};
        std::int64_t elements = 0;
        for (std::size_t i = begin_; i < bias; ++i) {
            const auto* gemm = std::get_if<GemmTask>(&tasks_[i]);
            if (gemm == nullptr || !gemm->weight_operand || gemm->stage != Stage::FF) continue;
            if (!gemm->is_matrix() || gemm->count != 1 || gemm->times != add.times) return {};
            GemmTask whole = *gemm;
            whole.bias = true;
            elements += gemm->shape.m * gemm->shape.n;
            fusion.tasks.push_back(i);
            fusion.parts.push_back({whole, {{i, 1}}});
        }
        fusion.tasks.push_back(bias);
        return elements == add.elements ? fusion : Fusion{};
    }

    [[nodiscard]] std::vector<Task>::const_iterator at(std::size_t i) const {
        return tasks_.begin() + static_cast<std::ptrdiff_t>(i);
    }

    const std::vector<Task>& tasks_;
    std::size_t begin_;
    std::size_t end_;
};

double seconds_of(const std::vector<TaskResult>& results) {
    double seconds = 0;
    for (const TaskResult& result : results) seconds += result.seconds;
    return seconds;
}

std::int64_t share_of(std::int64_t whole, double share) {
    return std::llround(static_cast<double>(whole) * share);
}

// Nothing but what the task is called.
void make_free(TaskResult& result, const std::string& note) {
    result.seconds = 0;
    result.energy_j = 0;
    result.cycles = 0;
    result.dram_bytes = 0;
    result.macs_issued = 0;
    result.dense_reason = result.kind == "gemm" ? result.dense_reason : "";
    result.tile = result.kind == "gemm" ? note : result.tile.substr(0, result.tile.find(',')) + ", " + note;
}

void add_share(const TaskResult& part, double share, TaskResult& result) {
    result.seconds += part.seconds * share;
    result.energy_j += part.energy_j * share;
    result.cycles += share_of(part.cycles, share);
    result.dram_bytes += share_of(part.dram_bytes, share);
    result.bound = part.bound;
    if (part.provenance == Provenance::Modelled) result.provenance = part.provenance;
    if (result.kind != "gemm") {
        result.tile = part.tile;
        return;
    }
    result.macs_issued += share_of(part.macs_issued, share);
    result.dense_reason = part.kind == "gemm" ? part.dense_reason : result.dense_reason;
    result.tile = part.tile;
}

}  // namespace

std::vector<Fusion> find_fusions(const std::vector<Task>& tasks) {
    std::vector<Fusion> fusions;
    for (std::size_t begin = 0; begin < tasks.size();) {
        const NeighbouringTasks neighbours(tasks, begin);
        neighbours.append_fusions(fusions);
        begin = neighbours.end();
    }
    return fusions;
}

void take(const Fusion& fusion, const std::vector<TaskResult>& parts, std::vector<TaskResult>& results) {
    for (const std::size_t i : fusion.tasks) {
        results[i].kernel = fusion.tasks.front();
        make_free(results[i], fusion.note);
    }
    for (std::size_t p = 0; p < parts.size(); ++p)
        for (const FusedShare& share : fusion.parts[p].shares)
            add_share(parts[p], share.share, results[share.task]);
}

bool is_faster(const Fusion& fusion, const std::vector<TaskResult>& parts,
               const std::vector<TaskResult>& results) {
    double separate = 0;
    for (const std::size_t i : fusion.tasks) separate += results[i].seconds;
    return seconds_of(parts) < separate;
}

}  // namespace satsim::gpu
