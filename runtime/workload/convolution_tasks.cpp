// GEMM tasks of convolutions. A transposed convolution is the gradient of a convolution from its output to
// its input (its mirror): its FF is the mirror's BP, its BP the mirror's FF, and WU is the mirror's with the
// two maps in each other's place.
#include <algorithm>

#include "runtime/workload/gemm_parts.hpp"
#include "runtime/workload/phase_gather.hpp"

namespace satsim {
namespace {

// How the positions of the small map read the large one.
Gather window_gather(const StepContext& context, const Layer& layer) {
    Gather gather;
    gather.batch = context.batch;
    gather.grid_h = layer.out.height;
    gather.grid_w = layer.out.width;
    gather.in_h = layer.in.height;
    gather.in_w = layer.in.width;
    gather.channels = static_cast<int>(layer.in.channels / layer.groups);
    gather.stride_y = layer.stride.h;
    gather.stride_x = layer.stride.w;
    gather.from_host = layer.kind == LayerKind::Conv && !layer.inputs.empty() && layer.inputs.front() < 0;
    gather.taps.clear();
    for (int ky = 0; ky < layer.kernel.h; ++ky) {
        for (int kx = 0; kx < layer.kernel.w; ++kx) {
            gather.taps.push_back({ky * layer.dilation.h - layer.pad.top,
                                   kx * layer.dilation.w - layer.pad.left, ky * layer.kernel.w + kx});
        }
    }
    return gather;
}

void apply_pattern(const StepContext& context, const Layer& layer, int index, GemmTask& task) {
    const PatternChoice choice = choose_pattern(context, layer, index, task.stage, task.gather.channels);
    task.nm = choice.nm;
    task.dense_reason = choice.dense_reason;
}

// From the large map to the small one: FF of a convolution, BP of a transposed one.
void reduce_windows(const StepContext& context, const Layer& layer, int index, Stage stage,
                    std::vector<Task>& tasks) {
    GemmTask task = base_task(layer, stage);
    task.gather = window_gather(context, layer);
    task.scatter.out_h = layer.out.height;
    task.scatter.out_w = layer.out.width;
    task.count = layer.groups;
    task.shape = {task.gather.positions(), layer.out.channels / layer.groups,
                  static_cast<std::int64_t>(task.gather.taps.size()) * task.gather.channels};
    apply_pattern(context, layer, index, task);
    tasks.emplace_back(std::move(task));
}

Task zero_fill(const Layer& layer, Stage stage, std::int64_t elements) {
    VectorTask fill;
    fill.layer = layer.name;
    fill.op = VectorOp::ZeroFill;
    fill.stage = stage;
    fill.elements = elements;
    fill.writes_fp16 = 1;
    fill.flops_per_element = 0;
    return fill;
}

// From the small map to the large one: BP of a convolution, FF of a transposed one, by phases of the stride.
// Pixels of phases without a tap lie between others' and are no run: the whole map is cleared before.
void spread_windows(const StepContext& context, const Layer& layer, int index, Stage stage,
                    std::vector<Task>& tasks) {
    const std::vector<StridePhase> phases = phases_of(layer, context.batch);
    if (std::ranges::any_of(phases, &StridePhase::empty))
        tasks.emplace_back(zero_fill(layer, stage, context.batch * layer.in.elements()));
    for (const StridePhase& phase : phases) {
        if (phase.empty()) continue;
        GemmTask task = base_task(layer, stage);
        task.part = phase.part;
        task.gather = phase.reads;
        const Gather& g = task.gather;
        task.count = layer.groups;
        task.scatter = {layer.in.height, layer.in.width, layer.stride.h, layer.stride.w, phase.py, phase.px};
        task.shape = {g.positions(), layer.in.channels / layer.groups,
                      static_cast<std::int64_t>(g.taps.size()) * g.channels};
        apply_pattern(context, layer, index, task);
        if (stage == Stage::BP && prunes_gradient(context, {task.nm, ""})) turn_for_sparse_gradient(task);
        tasks.emplace_back(std::move(task));
    }
}

void update_weights(const StepContext& context, const Layer& layer, int index, std::vector<Task>& tasks) {
    GemmTask task = base_task(layer, Stage::WU);
    task.gather = window_gather(context, layer);
    // It reads what FF reads: pruned weights want the pixels of an input apart.
    if (!choose_pattern(context, layer, index, Stage::FF, task.gather.channels).nm.dense())
        task.gather.from_host = false;
    task.count = layer.groups;
    task.out = ElementType::Fp32;
    task.shape = {static_cast<std::int64_t>(task.gather.taps.size()) * task.gather.channels,
                  layer.out.channels / layer.groups, task.gather.positions()};
    tasks.emplace_back(std::move(task));
}

}  // namespace

void append_convolution(const StepContext& context, const Layer& layer, int index, Stage stage,
                        std::vector<Task>& tasks) {
    const bool transposed = layer.kind == LayerKind::ConvTranspose;
    const Layer windows = transposed ? mirror_of(layer) : layer;
    if (stage == Stage::WU) {
        update_weights(context, windows, index, tasks);
    } else if ((stage == Stage::FF) == !transposed) {
        reduce_windows(context, windows, index, stage, tasks);
    } else {
        std::vector<Task> products;
        spread_windows(context, windows, index, stage, products);
        const MatrixShape dy{packed_gradient_copies(layer), context.batch * layer.out.positions(),
                             layer.out.channels};
        const MatrixShape dx{1, layer.in.channels, context.batch * layer.in.positions()};
        append_sparse_gradient(layer, std::move(products), dy, dx, tasks);
    }
}

}  // namespace satsim
