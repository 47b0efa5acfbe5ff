#include <algorithm>

#include "runtime/support/stored_pattern.hpp"
#include "runtime/workload/gemm_parts.hpp"
#include "runtime/workload/weight_shape.hpp"

namespace satsim {
namespace {

// One projection of `in` to `out` features for all positions.
void projection(const StepContext& context, const Layer& layer, int index, Stage stage,
                const std::string& part, std::int64_t in, std::int64_t out, std::vector<Task>& tasks) {
    for (const WeightShare& share : weight_shares(layer)) {
        const std::int64_t rows = context.batch * share.positions;
        GemmTask task = base_task(layer, stage);
        task.part = part;
        task.count = std::ssize(share.weights);
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
        const MatrixShape dy{task.count, rows, out};
        const MatrixShape dx{task.count, in, rows};
        append_sparse_gradient(layer, {std::move(task)}, dy, dx, tasks);
    }
}

// C[m,n] = A[m,k] * B[k,n] and both gradients, for `count` matrices a sample. The array reads B as [k][n]:
// one that lies as [n][k] is transposed first. A^T it reads as it lies.
struct Product {
    GemmShape shape;
    std::int64_t count = 1;
    bool transposed = false;  // B lies as [n][k]
    bool heads = false;       // the matrices are heads: columns of one map, beside each other
    const char* forward = "";
    const char* gradient_a = "dA";
    const char* gradient_b = "dB";
};

void product_ff(const StepContext& context, const Layer& layer, const Product& p, std::vector<Task>& tasks) {
    if (p.transposed) {
        const MatrixShape b{context.batch, p.shape.n, p.shape.k};
        tasks.emplace_back(transpose_task(layer, Stage::FF, all_of(b, p.count, p.heads)));
    }
    append_product(context, layer, Stage::FF, p.forward, p.count, p.shape, tasks);
}

// dA = dC * B^T and dB = A^T * dC, or, where B lies as [n][k], dB^T = dC^T * A.
void product_bp(const StepContext& context, const Layer& layer, const Product& p, std::vector<Task>& tasks) {
    const auto [m, n, k] = p.shape;
    if (!p.transposed)
        tasks.emplace_back(transpose_task(layer, Stage::BP, all_of({context.batch, k, n}, p.count, p.heads)));
    append_product(context, layer, Stage::BP, p.gradient_a, p.count, {m, k, n}, tasks);
    const GemmShape gradient = p.transposed ? GemmShape{n, k, m} : GemmShape{k, n, m};
    append_turned_product(context, layer, Stage::BP, p.gradient_b, p.count, gradient, tasks);
}

// The two products of attention: scores of queries and keys, then the values weighted by them.
Product scores(const Layer& layer) {
    const std::int64_t tokens = layer.in.width;
    return {{tokens, tokens, layer.in.channels / layer.heads}, layer.heads, true, true, "scores", "dQ", "dK"};
}
Product context_of(const Layer& layer) {
    const std::int64_t tokens = layer.in.width;
    return {
        {tokens, layer.in.channels / layer.heads, tokens}, layer.heads, false, true, "context", "dP", "dV"};
}
Product product_of(const Layer& layer) {
    return {{layer.in.width, layer.out.channels, layer.in.channels}, layer.in.height, layer.transposed};
}

// Channels of dY that SDGP packs together. The rows of several taps, and those of several groups of channels,
// follow each other in K: none may begin within a group as it is stored.
int packed_group(const Layer& layer, const NmPattern& nm) {
    return layer.kernel.area() * layer.groups == 1 ? nm.m : stored_pattern(nm).m;
}

}  // namespace

void append_product(const StepContext& context, const Layer& layer, Stage stage, const char* part,
                    std::int64_t count, const GemmShape& shape, std::vector<Task>& tasks) {
    GemmTask task = base_task(layer, stage);
    task.part = part;
    task.count = context.batch * count;
    task.gather = matrix_gather(shape.m, shape.k);
    task.scatter = matrix_scatter(shape.m);
    task.shape = shape;
    task.weight_operand = false;
    task.dense_reason = context.recipe.method == Method::Dense ? "" : "no weight operand";
    tasks.emplace_back(std::move(task));
}

void append_turned_product(const StepContext& context, const Layer& layer, Stage stage, const char* part,
                           std::int64_t count, const GemmShape& shape, std::vector<Task>& tasks) {
    append_product(context, layer, stage, part, count, shape, tasks);
    auto& task = std::get<GemmTask>(tasks.back());
    task.gather = matrix_gather(shape.k, shape.m);
    task.over_positions = true;
}

PatternChoice choose_pattern(const StepContext& context, const Layer& layer, int index, Stage stage,
                             std::int64_t grouped) {
    const Recipe& recipe = context.recipe;
    if (recipe.method == Method::Dense || recipe.nm.dense()) return {kDense, ""};
    const bool sparse_stage = (stage == Stage::FF && recipe.method != Method::Sdgp) ||
                              (stage == Stage::BP && recipe.method != Method::SrSte);
    if (!sparse_stage)
        return {kDense, std::string(to_string(recipe.method)) + " keeps " + to_string(stage) + " dense"};
    if (recipe.first_layer_dense && index == context.first_gemm) return {kDense, "first layer"};
    if (!context.trains && !recipe.frozen_sparse) return {kDense, "frozen"};
    const auto named = [&](const std::string& name) { return context.network.lies_in(layer, name); };
    if (std::any_of(recipe.dense_layers.begin(), recipe.dense_layers.end(), named))
        return {kDense, "named in the recipe"};
    if (recipe.method == Method::Sdgp && layer.kind == LayerKind::ConvTranspose)
        return {kDense, "gradient of a transposed convolution"};
    if (stage == Stage::BP && recipe.method == Method::Sdgp && grouped % packed_group(layer, recipe.nm) != 0)
        return {kDense, "output channels " + std::to_string(grouped) +
                            (grouped % recipe.nm.m != 0 ? " no multiple of M"
                                                        : " no whole groups of 2:4, as which 1:2 is stored")};
    if (grouped < recipe.nm.m) return {kDense, "reduction dimension " + std::to_string(grouped) + " below M"};
    return {recipe.nm, ""};
}

void append_gemm_ff(const StepContext& context, const Layer& layer, int index, std::vector<Task>& tasks) {
    const std::int64_t d = layer.in.channels;
    switch (layer.kind) {
        case LayerKind::Conv:
        case LayerKind::ConvTranspose:
            append_convolution(context, layer, index, Stage::FF, tasks);
            break;
        case LayerKind::Linear:
            projection(context, layer, index, Stage::FF, "", d, layer.out.channels, tasks);
            break;
        case LayerKind::MatMul:
            product_ff(context, layer, product_of(layer), tasks);
            break;
        case LayerKind::Attention:
            projection(context, layer, index, Stage::FF, "qkv", d, 3 * d, tasks);
            product_ff(context, layer, scores(layer), tasks);
            product_ff(context, layer, context_of(layer), tasks);
            projection(context, layer, index, Stage::FF, "out", d, d, tasks);
            break;
        case LayerKind::Attend:
            append_attend_ff(context, layer, tasks);
            break;
        case LayerKind::Quantize:
            append_product(context, layer, Stage::FF, "distances", 1, {layer.in.positions(), layer.rows, d},
                           tasks);
            break;
        default:
            break;
    }
}

void append_gemm_bp(const StepContext& context, const Layer& layer, int index, std::vector<Task>& tasks) {
    const std::int64_t d = layer.in.channels;
    const bool hands_down = context.hands_down(index);
    switch (layer.kind) {
        case LayerKind::Conv:
        case LayerKind::ConvTranspose:
            if (hands_down) append_convolution(context, layer, index, Stage::BP, tasks);
            break;
        case LayerKind::Linear:
            if (hands_down) projection(context, layer, index, Stage::BP, "", d, layer.out.channels, tasks);
            break;
        case LayerKind::MatMul:
            if (hands_down) product_bp(context, layer, product_of(layer), tasks);
            break;
        case LayerKind::Attention:
            projection(context, layer, index, Stage::BP, "out", d, d, tasks);
            product_bp(context, layer, context_of(layer), tasks);
            product_bp(context, layer, scores(layer), tasks);
            if (hands_down) projection(context, layer, index, Stage::BP, "qkv", d, 3 * d, tasks);
            break;
        case LayerKind::Attend:
            if (hands_down) append_attend_bp(context, layer, tasks);
            break;
        default:
            break;
    }
}

void append_gemm_wu(const StepContext& context, const Layer& layer, int index, std::vector<Task>& tasks) {
    const std::int64_t d = layer.in.channels;
    switch (layer.kind) {
        case LayerKind::Conv:
        case LayerKind::ConvTranspose:
            append_convolution(context, layer, index, Stage::WU, tasks);
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
