#include "tests/support/random_layer_task.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "runtime/schedule/fold_image.hpp"
#include "runtime/workload/layer_tasks.hpp"

namespace satsim::test {
namespace {

constexpr double kShortCycles = 4000;
constexpr double kLongCycles = 600'000;

int pick(std::mt19937_64& rng, int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(rng);
}

// Evenly spread over orders of magnitude.
int spread(std::mt19937_64& rng, int low, int high) {
    const double value = std::uniform_real_distribution<double>(std::log(low), std::log(high + 1.0))(rng);
    return std::clamp(static_cast<int>(std::exp(value)), low, high);
}

// Channel counts: mostly round, as networks have them, sometimes not.
int channels(std::mt19937_64& rng, int high) {
    const int any = spread(rng, 3, high);
    if (pick(rng, 0, 3) == 0 || any < 16) return any;
    return std::min(high, (any + 15) / 16 * 16);
}

Layer convolution(std::mt19937_64& rng) {
    static constexpr int kKernels[] = {1, 1, 1, 3, 3, 3, 5, 7};
    Layer layer;
    layer.kind = LayerKind::Conv;
    const int kernel = kKernels[pick(rng, 0, 7)];
    const int stride = pick(rng, 0, 3) == 0 ? 2 : 1;
    const int pad = pick(rng, 0, 3) == 0 ? 0 : kernel / 2;
    layer.kernel = square(kernel);
    layer.stride = square(stride);
    layer.pad = around(pad);
    const int least = std::max(1, kernel - 2 * pad);
    const int height = std::max(least, spread(rng, 4, 112));
    const int width = pick(rng, 0, 2) == 0 ? std::max(least, spread(rng, 4, 112)) : height;
    const int groups = pick(rng, 0, 9) == 0 ? 1 << pick(rng, 1, 3) : 1;
    layer.groups = groups;
    layer.in = {std::int64_t{groups} * channels(rng, 1024 / groups), height, width};
    layer.out = {std::int64_t{groups} * channels(rng, 1024 / groups),
                 (height + 2 * pad - kernel) / stride + 1, (width + 2 * pad - kernel) / stride + 1};
    if (pick(rng, 0, 1) == 0) layer.inputs = {-1};  // of the network: stored as the layer asks for
    return layer;
}

Layer linear(std::mt19937_64& rng) {
    Layer layer;
    layer.kind = LayerKind::Linear;
    const int tokens = pick(rng, 0, 1) == 0 ? 1 : spread(rng, 2, 512);
    layer.in = {channels(rng, 4096), 1, tokens};
    layer.out = {channels(rng, 4096), 1, tokens};
    return layer;
}

Layer attention(std::mt19937_64& rng) {
    Layer layer;
    layer.kind = LayerKind::Attention;
    layer.heads = 1 << pick(rng, 0, 4);
    layer.in = {std::int64_t{layer.heads} * 8 * pick(rng, 2, 16), 1, spread(rng, 16, 256)};
    layer.out = layer.in;
    return layer;
}

GemmTask any_task(std::mt19937_64& rng) {
    static constexpr NmPattern kPatterns[] = {{2, 4}, {2, 8}, {1, 8}};
    const int kind = pick(rng, 0, 9);
    Network network;
    network.name = "random";
    network.layers.push_back(kind < 6 ? convolution(rng) : kind < 9 ? linear(rng) : attention(rng));
    Layer& layer = network.layers.front();
    layer.name = "random";
    network.input = layer.in;
    Recipe recipe;
    if (pick(rng, 0, 2) > 0) {
        recipe.method = Method::Bdwp;
        recipe.nm = kPatterns[pick(rng, 0, 2)];
    }
    const StepContext context{network, recipe, spread(rng, 1, 128)};
    std::vector<Task> tasks;
    switch (pick(rng, 0, 2)) {
        case 0:
            append_gemm_ff(context, layer, 0, tasks);
            break;
        case 1:
            append_gemm_bp(context, layer, 0, tasks);
            break;
        default:
            append_gemm_wu(context, layer, 0, tasks);
    }
    std::erase_if(tasks, [](const Task& task) { return !std::holds_alternative<GemmTask>(task); });
    if (tasks.empty()) return any_task(rng);
    return std::get<GemmTask>(
        tasks[static_cast<std::size_t>(pick(rng, 0, static_cast<int>(tasks.size()) - 1))]);
}

double longest(const BoundCycles& cycles) {
    return std::max({cycles.compute, cycles.read, cycles.write});
}

}  // namespace

const char* to_string(Bound bound) {
    constexpr const char* kNames[] = {"compute", "read", "write", "short"};
    return kNames[static_cast<int>(bound)];
}

BoundCycles bound_cycles(const GemmTask& task, const isa::ArrayConfig& array) {
    const double line = array.line_bytes();
    const double share = static_cast<double>(task.nm.n) / task.nm.m;
    const auto count = static_cast<double>(task.count);
    const Gather& g = task.gather;
    const double image = static_cast<double>(g.batch) * g.in_h * g.in_w *
                         static_cast<double>(g.pixel > 0 ? g.pixel : g.channels) * 2;
    const auto m = static_cast<double>(task.shape.m);
    const auto n = static_cast<double>(task.shape.n);
    const auto k = static_cast<double>(task.shape.k);
    const double b = k * n * 2 * (task.nm.dense() ? 1 : share * 1.25);
    BoundCycles cycles;
    cycles.compute = static_cast<double>(task.dense_macs()) * share / (array.rows * array.columns);
    cycles.read = count * (image + b) / line;
    cycles.write = count * m * n * (task.out == ElementType::Fp16 ? 2 : 4) / line;
    return cycles;
}

Bound bound_of(const GemmTask& task, const isa::ArrayConfig& array) {
    const BoundCycles cycles = bound_cycles(task, array);
    const double most = longest(cycles);
    if (most < kShortCycles) return Bound::Short;
    if (most == cycles.compute) return Bound::Compute;
    return most == cycles.read ? Bound::Read : Bound::Write;
}

GemmTask random_layer_task(std::mt19937_64& rng, Bound bound, const isa::ArrayConfig& array) {
    for (;;) {
        const GemmTask task = schedule::on_stored_input(any_task(rng));
        const BoundCycles cycles = bound_cycles(task, array);
        if (longest(cycles) <= kLongCycles && bound_of(task, array) == bound) return task;
    }
}

}  // namespace satsim::test
