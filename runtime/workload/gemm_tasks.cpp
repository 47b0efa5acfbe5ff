#include <algorithm>
#include <functional>
#include <numeric>

#include "runtime/workload/layer_tasks.hpp"

namespace satsim {
namespace {

constexpr NmPattern kDense{8, 8};

// A matrix product of `rows` rows of `channels`.
Gather matrix_gather(std::int64_t rows, std::int64_t channels) {
    Gather gather;
    gather.grid_w = gather.in_w = static_cast<int>(rows);
    gather.channels = static_cast<int>(channels);
    return gather;
}

Scatter matrix_scatter(std::int64_t rows) {
    Scatter scatter;
    scatter.out_w = static_cast<int>(rows);
    return scatter;
}

GemmTask base_task(const Layer& layer, Stage stage) {
    GemmTask task;
    task.layer = layer.name;
    task.stage = stage;
    task.nm = kDense;
    return task;
}

Gather convolution_gather(const StepContext& context, const Layer& layer) {
    Gather gather;
    gather.batch = context.batch;
    gather.grid_h = layer.out.height;
    gather.grid_w = layer.out.width;
    gather.in_h = layer.in.height;
    gather.in_w = layer.in.width;
    gather.channels = static_cast<int>(layer.in.channels / layer.groups);
    gather.stride_y = gather.stride_x = layer.stride;
    gather.taps.clear();
    for (int ky = 0; ky < layer.kernel; ++ky) {
        for (int kx = 0; kx < layer.kernel; ++kx) {
            gather.taps.push_back({ky - layer.pad, kx - layer.pad, ky * layer.kernel + kx});
        }
    }
    return gather;
}

void convolution_ff(const StepContext& context, const Layer& layer, int index, std::vector<Task>& tasks) {
    GemmTask task = base_task(layer, Stage::FF);
    task.gather = convolution_gather(context, layer);
    task.scatter.out_h = layer.out.height;
    task.scatter.out_w = layer.out.width;
    task.count = layer.groups;
    task.shape = {task.gather.positions(), layer.out.channels / layer.groups,
                  static_cast<std::int64_t>(task.gather.taps.size()) * task.gather.channels};
    const PatternChoice choice = choose_pattern(context, layer, index, Stage::FF, task.gather.channels);
    task.nm = choice.nm;
    task.dense_reason = choice.dense_reason;
    tasks.emplace_back(std::move(task));
}

bool prunes_gradient(const StepContext& context, const PatternChoice& choice) {
    return !choice.nm.dense() && context.recipe.method == Method::Sdgp;
}

// SDGP's BP with the sparse operand as B. Each tap reads its own copy of the pruned dY^T, shifted by the tap:
// their rows follow each other in the order of K.
void turn_for_sparse_gradient(GemmTask& task) {
    const std::int64_t k = task.shape.k;
    task.shape = {task.shape.n, task.shape.m, k};
    task.gather = matrix_gather(task.shape.m, k);
    task.scatter = matrix_scatter(task.shape.m);
    task.sparse_is_activation = true;
}

// Kernel rows (or columns) that reach input coordinates s*a + phase: output coordinate a + delta for kernel
// index k.
struct PhaseTap {
    int k = 0;
    int delta = 0;
};
std::vector<PhaseTap> phase_taps(const Layer& layer, int phase) {
    std::vector<PhaseTap> taps;
    for (int k = 0; k < layer.kernel; ++k) {
        const int distance = phase + layer.pad - k;
        if (distance % layer.stride == 0) taps.push_back({k, distance / layer.stride});
    }
    return taps;
}

void convolution_bp(const StepContext& context, const Layer& layer, int index, std::vector<Task>& tasks) {
    const int s = layer.stride;
    for (int py = 0; py < std::min(s, layer.in.height); ++py) {
        for (int px = 0; px < std::min(s, layer.in.width); ++px) {
            GemmTask task = base_task(layer, Stage::BP);
            if (s > 1) task.part = "phase " + std::to_string(py) + "," + std::to_string(px);
            Gather& g = task.gather;
            g.batch = context.batch;
            g.grid_h = ceil_div(layer.in.height - py, s);
            g.grid_w = ceil_div(layer.in.width - px, s);
            g.in_h = layer.out.height;
            g.in_w = layer.out.width;
            g.channels = static_cast<int>(layer.out.channels / layer.groups);
            g.taps.clear();
            for (const PhaseTap& y : phase_taps(layer, py)) {
                for (const PhaseTap& x : phase_taps(layer, px)) {
                    g.taps.push_back({y.delta, x.delta, y.k * layer.kernel + x.k});
                }
            }
            // In the order of memory, so that neighbouring taps can be read as one run
            // (schedule/merge_rows.hpp).
            std::sort(g.taps.begin(), g.taps.end());
            task.count = layer.groups;
            task.scatter = {layer.in.height, layer.in.width, s, s, py, px};
            const std::int64_t columns = layer.in.channels / layer.groups;
            if (g.taps.empty()) {
                VectorTask fill;
                fill.layer = layer.name;
                fill.op = VectorOp::ZeroFill;
                fill.stage = Stage::BP;
                fill.elements = g.positions() * layer.in.channels;
                fill.writes_fp16 = 1;
                fill.flops_per_element = 0;
                tasks.emplace_back(std::move(fill));
                continue;
            }
            task.shape = {g.positions(), columns, static_cast<std::int64_t>(g.taps.size()) * g.channels};
            const PatternChoice choice = choose_pattern(context, layer, index, Stage::BP, g.channels);
            task.nm = choice.nm;
            task.dense_reason = choice.dense_reason;
            if (prunes_gradient(context, choice)) turn_for_sparse_gradient(task);
            tasks.emplace_back(std::move(task));
        }
    }
}

void convolution_wu(const StepContext& context, const Layer& layer, std::vector<Task>& tasks) {
    GemmTask task = base_task(layer, Stage::WU);
    task.gather = convolution_gather(context, layer);
    task.count = layer.groups;
    task.out = ElementType::Fp32;
    task.shape = {static_cast<std::int64_t>(task.gather.taps.size()) * task.gather.channels,
                  layer.out.channels / layer.groups, task.gather.positions()};
    tasks.emplace_back(std::move(task));
}

// One projection of `in` to `out` features for all positions.
void projection(const StepContext& context, const Layer& layer, int index, Stage stage,
                const std::string& part, std::int64_t in, std::int64_t out, std::vector<Task>& tasks) {
    const std::int64_t rows = context.batch * layer.in.height * layer.in.width;
    GemmTask task = base_task(layer, stage);
    task.part = part;
    if (stage == Stage::WU) {
        task.gather = matrix_gather(rows, in);
        task.shape = {in, out, rows};
        task.out = ElementType::Fp32;
    } else {
        const std::int64_t k = stage == Stage::FF ? in : out;
        const std::int64_t n = stage == Stage::FF ? out : in;
        task.gather = matrix_gather(rows, k);
        task.scatter = matrix_scatter(rows);
        task.shape = {rows, n, k};
        const PatternChoice choice = choose_pattern(context, layer, index, stage, k);
        task.nm = choice.nm;
        task.dense_reason = choice.dense_reason;
        if (stage == Stage::BP && prunes_gradient(context, choice)) turn_for_sparse_gradient(task);
    }
    tasks.emplace_back(std::move(task));
}

// A product of two activations, one for every head and sample.
void product(const StepContext& context, const Layer& layer, Stage stage, const char* part, std::int64_t m,
             std::int64_t n, std::int64_t k, std::vector<Task>& tasks) {
    GemmTask task = base_task(layer, stage);
    task.part = part;
    task.count = context.batch * layer.heads;
    task.gather = matrix_gather(m, k);
    task.scatter = matrix_scatter(m);
    task.shape = {m, n, k};
    task.weight_operand = false;
    task.dense_reason = context.recipe.method == Method::Dense ? "" : "no weight operand";
    tasks.emplace_back(std::move(task));
}

// The queries, keys or values of all heads and samples.
MatrixShape heads_shape(const StepContext& context, const Layer& layer) {
    return {context.batch * layer.heads, layer.in.width, layer.in.channels / layer.heads};
}

}  // namespace

PatternChoice choose_pattern(const StepContext& context, const Layer& layer, int index, Stage stage,
                             std::int64_t grouped) {
    const Recipe& recipe = context.recipe;
    if (recipe.method == Method::Dense || recipe.nm.dense()) return {kDense, ""};
    const bool sparse_stage = (stage == Stage::FF && recipe.method != Method::Sdgp) ||
                              (stage == Stage::BP && recipe.method != Method::SrSte);
    if (!sparse_stage)
        return {kDense, std::string(to_string(recipe.method)) + " keeps " + to_string(stage) + " dense"};
    if (recipe.first_layer_dense && index == context.first_gemm) return {kDense, "first layer"};
    if (std::find(recipe.dense_layers.begin(), recipe.dense_layers.end(), layer.name) !=
        recipe.dense_layers.end()) {
        return {kDense, "named in the recipe"};
    }
    if (stage == Stage::BP && recipe.method == Method::Sdgp && grouped % recipe.nm.m != 0)
        return {kDense, "output channels " + std::to_string(grouped) + " no multiple of M"};
    if (grouped < recipe.nm.m) return {kDense, "reduction dimension " + std::to_string(grouped) + " below M"};
    return {recipe.nm, ""};
}

void append_gemm_ff(const StepContext& context, const Layer& layer, int index, std::vector<Task>& tasks) {
    const std::int64_t d = layer.in.channels;
    switch (layer.kind) {
        case LayerKind::Conv:
            convolution_ff(context, layer, index, tasks);
            break;
        case LayerKind::Linear:
            projection(context, layer, index, Stage::FF, "", d, layer.out.channels, tasks);
            break;
        case LayerKind::Attention:
            projection(context, layer, index, Stage::FF, "qkv", d, 3 * d, tasks);
            tasks.emplace_back(transpose_task(layer, Stage::FF, heads_shape(context, layer)));  // K
            product(context, layer, Stage::FF, "scores", layer.in.width, layer.in.width, d / layer.heads,
                    tasks);
            product(context, layer, Stage::FF, "context", layer.in.width, d / layer.heads, layer.in.width,
                    tasks);
            projection(context, layer, index, Stage::FF, "out", d, d, tasks);
            break;
        default:
            break;
    }
}

void append_gemm_bp(const StepContext& context, const Layer& layer, int index, std::vector<Task>& tasks) {
    const std::int64_t d = layer.in.channels;
    const bool first = index == context.first_gemm;
    if (layer.kind == LayerKind::Conv && !first) convolution_bp(context, layer, index, tasks);
    if (layer.kind == LayerKind::Linear && !first) {
        projection(context, layer, index, Stage::BP, "", d, layer.out.channels, tasks);
    }
    if (layer.kind == LayerKind::Attention) {
        const std::int64_t t = layer.in.width;
        const std::int64_t h = d / layer.heads;
        projection(context, layer, index, Stage::BP, "out", d, d, tasks);
        const MatrixShape scores{context.batch * layer.heads, t, t};
        tasks.emplace_back(transpose_task(layer, Stage::BP, heads_shape(context, layer)));  // V
        product(context, layer, Stage::BP, "dP", t, t, h, tasks);
        tasks.emplace_back(transpose_task(layer, Stage::BP, scores));  // P
        product(context, layer, Stage::BP, "dV", t, h, t, tasks);
        product(context, layer, Stage::BP, "dQ", t, h, t, tasks);
        tasks.emplace_back(transpose_task(layer, Stage::BP, scores));  // dS
        product(context, layer, Stage::BP, "dK", t, h, t, tasks);
        if (!first) projection(context, layer, index, Stage::BP, "qkv", d, 3 * d, tasks);
    }
}

void append_gemm_wu(const StepContext& context, const Layer& layer, int index, std::vector<Task>& tasks) {
    const std::int64_t d = layer.in.channels;
    switch (layer.kind) {
        case LayerKind::Conv:
            convolution_wu(context, layer, tasks);
            break;
        case LayerKind::Linear:
            projection(context, layer, index, Stage::WU, "", d, layer.out.channels, tasks);
            break;
        case LayerKind::Attention:
            projection(context, layer, index, Stage::WU, "out", d, d, tasks);
            projection(context, layer, index, Stage::WU, "qkv", d, 3 * d, tasks);
            break;
        default:
            break;
    }
}

}  // namespace satsim
