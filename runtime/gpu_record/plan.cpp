#include "runtime/gpu_record/plan.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "runtime/gpu_model/gemm_model.hpp"

namespace satsim::gpu {
namespace {

// Taps of one direction as kernel positions: those of a convolution lie at first, first + dilation ...
struct Spacing {
    int first = 0;
    int dilation = 1;
    int count = 1;
};
Spacing spacing_of(const std::set<int>& offsets) {
    Spacing s{*offsets.begin(), 1, static_cast<int>(offsets.size())};
    if (offsets.size() > 1) s.dilation = *std::next(offsets.begin()) - s.first;
    return s;
}

bool is_phase(const Task& task) {
    const auto* gemm = std::get_if<GemmTask>(&task);
    return gemm != nullptr && gemm->stage != Stage::WU && gemm->scatter.step_y * gemm->scatter.step_x > 1;
}
// Weights are taken backwards: the gradient of a convolution.
bool spreads(const GemmTask& t) {
    const std::vector<Tap>& taps = t.gather.taps;
    return t.scatter.step_y * t.scatter.step_x > 1 ||
           (t.stage != Stage::WU && taps.size() > 1 && taps.front().weight_tap > taps.back().weight_tap);
}

ProductWork product_of(const GemmTask& t, const Task* before) {
    ProductWork w{t.shape, t.count, t.nm, false, false, t.out, t.sparse_is_activation};
    if (t.weight_operand) {
        w.a_transposed = t.stage == Stage::WU;
        w.b_transposed = t.stage == Stage::BP && !t.sparse_is_activation;
        return w;
    }
    // Of square matrices both orders are one layout, and one name.
    if (t.over_positions) {
        w.b_transposed = t.shape.m == t.shape.k && t.shape.n == t.shape.k;
        w.a_transposed = !w.b_transposed;
        return w;
    }
    // SAT turns an operand first, of all heads at once; a library reads it as it lies. The turned matrix
    // tells which one it is.
    const auto* turned = before == nullptr ? nullptr : std::get_if<VectorTask>(before);
    if (turned == nullptr || !turned->operand_order) return w;
    w.b_transposed = turned->shape.rows == t.shape.n && turned->shape.columns % t.shape.k == 0;
    w.a_transposed = !w.b_transposed;
    return w;
}

ConvolutionWork windows_of(const GemmTask& t) {
    const Gather& g = t.gather;
    std::set<int> ys;
    std::set<int> xs;
    for (const Tap& tap : g.taps) {
        ys.insert(tap.dy);
        xs.insert(tap.dx);
    }
    const Spacing y = spacing_of(ys);
    const Spacing x = spacing_of(xs);
    ConvolutionWork w;
    w.pass = t.stage == Stage::WU ? ConvolutionPass::WeightGradient : ConvolutionPass::Forward;
    w.batch = g.batch;
    w.in_h = g.in_h;
    w.in_w = g.in_w;
    w.in_channels = t.count * g.channels;
    w.out_h = g.grid_h;
    w.out_w = g.grid_w;
    w.out_channels = t.count * t.shape.n;
    w.kernel_h = y.count;
    w.kernel_w = x.count;
    w.stride_y = g.stride_y;
    w.stride_x = g.stride_x;
    w.dilation_y = y.dilation;
    w.dilation_x = x.dilation;
    w.pad_top = -y.first;
    w.pad_left = -x.first;
    w.groups = static_cast<int>(t.count);
    w.nm = t.nm;
    return w;
}

// All phases of one gradient. Kernel row ky of phase py reads dY row y + dy with dy*stride = py + pad -
// ky*dilation.
ConvolutionWork gradient_of(const std::vector<const GemmTask*>& phases) {
    const GemmTask& t = *phases.front();
    std::set<int> ys;
    std::set<int> xs;
    for (const GemmTask* phase : phases) {
        for (const Tap& tap : phase->gather.taps) {
            ys.insert(phase->scatter.off_y - tap.dy * phase->scatter.step_y);
            xs.insert(phase->scatter.off_x - tap.dx * phase->scatter.step_x);
        }
    }
    const Spacing y = spacing_of(ys);
    const Spacing x = spacing_of(xs);
    ConvolutionWork w;
    w.pass = ConvolutionPass::InputGradient;
    w.batch = t.gather.batch;
    w.in_h = t.scatter.out_h;
    w.in_w = t.scatter.out_w;
    w.in_channels = t.count * t.shape.n;
    w.out_h = t.gather.in_h;
    w.out_w = t.gather.in_w;
    w.out_channels = t.count * t.gather.channels;
    w.kernel_h = y.count;
    w.kernel_w = x.count;
    w.stride_y = t.scatter.step_y;
    w.stride_x = t.scatter.step_x;
    w.dilation_y = y.dilation;
    w.dilation_x = x.dilation;
    w.pad_top = -y.first;
    w.pad_left = -x.first;
    w.groups = static_cast<int>(t.count);
    w.nm = t.nm;
    w.sparse_is_activation = t.sparse_is_activation;
    return w;
}

VectorWork vector_of(const VectorTask& t) {
    return {t.op,          t.elements,    t.shape,          t.reads_fp16,
            t.reads_fp32,  t.writes_fp16, t.writes_fp32,    t.flops_per_element,
            t.extra_bytes, t.optimizer,   t.pregenerate_ff, t.pregenerate_bp,
            t.fused};
}

class Planner {
  public:
    explicit Planner(const std::vector<Task>& tasks) : tasks_(tasks) {}

    WorkPlan plan(Kernels kernels) {
        for (std::size_t i = 0; i < tasks_.size();) {
            if (is_phase(tasks_[i]) || clears_for_phases(i)) {
                i = phases(i);
                continue;
            }
            one(i);
            ++i;
        }
        if (kernels == Kernels::Fused) fuse();
        return std::move(plan_);
    }

  private:
    std::size_t index_of(const Work& work) {
        const auto [at, fresh] = known_.try_emplace(work, plan_.works.size());
        if (fresh) plan_.works.push_back(work);
        return at->second;
    }

    void one(std::size_t i) {
        if (const auto* vector = std::get_if<VectorTask>(&tasks_[i])) {
            if (vector->operand_order) {
                plan_.tasks.push_back({0, 0, "none: a GEMM reads either order"});
                return;
            }
            plan_.tasks.push_back({index_of(vector_of(*vector)), 1, ""});
            return;
        }
        const auto& gemm = std::get<GemmTask>(tasks_[i]);
        Work work;
        if (gemm.is_matrix() && (gemm.count == 1 || !gemm.weight_operand))
            work = product_of(gemm, i > 0 ? &tasks_[i - 1] : nullptr);
        else if (spreads(gemm))
            work = gradient_of({&gemm});
        else
            work = windows_of(gemm);
        plan_.tasks.push_back({index_of(work), 1, ""});
    }

    void fuse() {
        for (Fusion& fusion : find_fusions(tasks_)) {
            PlannedFusion planned;
            for (const FusedPart& part : fusion.parts) planned.works.push_back(index_of(fused_work(part)));
            planned.fusion = std::move(fusion);
            plan_.fusions.push_back(std::move(planned));
        }
    }
    [[nodiscard]] Work fused_work(const FusedPart& part) const {
        const auto* vector = std::get_if<VectorTask>(&part.task);
        if (vector == nullptr) {  // as the product by itself, and the bias
            auto product = std::get<ProductWork>(plan_.works[plan_.tasks[part.shares.front().task].work]);
            product.bias = true;
            return product;
        }
        if (vector->attention.empty()) return vector_of(*vector);
        return AttentionWork{vector->op == VectorOp::SoftmaxGrad, vector->attention.front()};
    }

    // Whether the task clears the map that the phases after it are written to.
    [[nodiscard]] bool clears_for_phases(std::size_t i) const {
        const auto* fill = std::get_if<VectorTask>(&tasks_[i]);
        return fill != nullptr && fill->op == VectorOp::ZeroFill && i + 1 < tasks_.size() &&
               is_phase(tasks_[i + 1]) && std::get<GemmTask>(tasks_[i + 1]).layer == fill->layer;
    }

    // From the first phase of a layer's gradient on, or what clears its map; returns the first task after it.
    std::size_t phases(std::size_t begin) {
        const auto& first = std::get<GemmTask>(tasks_[clears_for_phases(begin) ? begin + 1 : begin]);
        std::vector<const GemmTask*> members;
        std::size_t end = begin;
        double all = 0;
        for (; end < tasks_.size(); ++end) {
            if (const auto* gemm = std::get_if<GemmTask>(&tasks_[end])) {
                if (!is_phase(tasks_[end]) || gemm->layer != first.layer || gemm->stage != first.stage) break;
                members.push_back(gemm);
                all += static_cast<double>(gemm->dense_macs());
            } else {
                const auto& fill = std::get<VectorTask>(tasks_[end]);
                if (end > begin || fill.op != VectorOp::ZeroFill) break;
            }
        }
        const std::size_t work = index_of(gradient_of(members));
        for (std::size_t i = begin; i < end; ++i) {
            const auto* gemm = std::get_if<GemmTask>(&tasks_[i]);
            if (gemm == nullptr)
                plan_.tasks.push_back({work, 0, "none: the gradient's kernel writes it"});
            else
                plan_.tasks.push_back({work, static_cast<double>(gemm->dense_macs()) / all,
                                       members.size() > 1 ? "share of all phases" : ""});
        }
        return end;
    }

    const std::vector<Task>& tasks_;
    WorkPlan plan_;
    std::map<Work, std::size_t> known_;
};

}  // namespace

void WorkPlan::leave_out(const Refusals& refused) {
    std::erase_if(fusions, [&](const PlannedFusion& fusion) {
        return std::ranges::any_of(fusion.works,
                                   [&](std::size_t work) { return refused.contains(works[work]); });
    });
}

std::vector<double> WorkPlan::runs(const std::vector<Task>& tasks_of_step) const {
    std::vector<bool> fused(tasks.size());
    std::vector<double> counts(works.size());
    for (const PlannedFusion& planned : fusions) {
        const std::vector<std::size_t>& members = planned.fusion.tasks;
        for (const std::size_t task : members) fused[task] = true;
        for (const std::size_t work : planned.works)
            counts[work] += static_cast<double>(times_of(tasks_of_step[members.front()]));
    }
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        if (!fused[i])
            counts[tasks[i].work] += tasks[i].share * static_cast<double>(times_of(tasks_of_step[i]));
    }
    return counts;
}

WorkPlan plan_work(const std::vector<Task>& tasks, Kernels kernels) {
    return Planner(tasks).plan(kernels);
}

}  // namespace satsim::gpu
