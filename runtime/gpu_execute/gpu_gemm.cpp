// GEMMs: dense by a library's product, patterns within 2:4 by the own kernel.
#include "runtime/gpu_execute/gpu_engine.hpp"
#include "runtime/gpu_execute/kernel_view.hpp"
#include "runtime/gpu_execute/operands.hpp"
#include "runtime/gpu_model/gemm_model.hpp"
#include "runtime/numerics/fp16.hpp"
#include "runtime/support/error.hpp"

namespace satsim::execute {
namespace {

// [instance][position][tap][channel]; zeros outside the map.
Halves gathered(const GemmWork& work) {
    const Gather& g = work.task.gather;
    const auto channels = size_of(g.channels);
    Halves a(size_of(work.task.count * g.positions()) * g.taps.size() * channels);
    std::size_t to = 0;
    for (std::int64_t z = 0; z < work.task.count; ++z)
        for (std::int64_t b = 0; b < g.batch; ++b)
            for (int oy = 0; oy < g.grid_h; ++oy)
                for (int ox = 0; ox < g.grid_w; ++ox)
                    for (const Tap& tap : g.taps) {
                        const int y = oy * g.stride_y + tap.dy;
                        const int x = ox * g.stride_x + tap.dx;
                        if (y >= 0 && y < g.in_h && x >= 0 && x < g.in_w) {
                            const double* from = work.a.at(z, b, y, x);
                            for (std::size_t c = 0; c < channels; ++c)
                                a[to + c] = numerics::to_fp16(static_cast<float>(from[c])).bits;
                        }
                        to += channels;
                    }
    return a;
}

// The map of an instance as it lies: [image][row][column][channel].
Halves whole_map(const GemmWork& work, std::int64_t z) {
    const Gather& g = work.task.gather;
    Halves map;
    map.reserve(size_of(g.batch * g.in_h * g.in_w * g.channels));
    for (std::int64_t b = 0; b < g.batch; ++b)
        for (int y = 0; y < g.in_h; ++y)
            for (int x = 0; x < g.in_w; ++x) {
                const double* from = work.a.at(z, b, y, x);
                for (int c = 0; c < g.channels; ++c)
                    map.push_back(numerics::to_fp16(static_cast<float>(from[c])).bits);
            }
    return map;
}

// B, [instance][k][n]: of a weight in the order of the taps that the task has.
Halves matrices_of(const GemmWork& work) {
    const GemmTask& task = work.task;
    Halves b;
    b.reserve(size_of(task.count * task.shape.k * task.shape.n));
    const auto append = [&b](const double* from, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i)
            b.push_back(numerics::to_fp16(static_cast<float>(from[i])).bits);
    };
    for (std::int64_t z = 0; z < task.count; ++z) {
        if (work.weight == nullptr) {
            for (std::int64_t k = 0; k < task.shape.k; ++k) append(work.b.at(z, k), task.shape.n);
            continue;
        }
        const PackedWeight& w = *work.weight;
        const std::int64_t first = z * (w.taps / task.count);
        for (const Tap& tap : task.gather.taps)
            append(w.dense.data() + (first + tap.weight_tap) * w.k * w.n, w.k * w.n);
    }
    return b;
}

// Rows of C, in the order that `row_of(position)` says, to where the task writes them.
template <typename RowOf>
void scatter(const GemmWork& work, std::int64_t z, std::span<const std::uint16_t> c, RowOf row_of) {
    const Gather& g = work.task.gather;
    const Scatter& s = work.task.scatter;
    const auto n = size_of(work.task.shape.n);
    std::int64_t position = 0;
    for (std::int64_t b = 0; b < g.batch; ++b)
        for (int y = 0; y < g.grid_h; ++y)
            for (int x = 0; x < g.grid_w; ++x, ++position)
                from_halves(c.subspan(size_of(row_of(position)) * n, n),
                            work.map.at(z, b, y * s.step_y + s.off_y, x * s.step_x + s.off_x));
}

gpu::ProductWork product_of(const GemmTask& task) {
    gpu::ProductWork product;
    product.shape = task.shape;
    product.count = task.count;
    product.a_transposed = task.sums_positions();
    product.out = task.out;
    return product;
}

void dense(gpu::Executor& device, const GemmWork& work) {
    const GemmTask& task = work.task;
    Operands memory(device);
    const std::uint16_t* a = memory.put(gathered(work));
    const std::uint16_t* b = memory.put(matrices_of(work));
    const std::int64_t size = task.shape.m * task.shape.n;
    auto* c = memory.room<std::uint16_t>(size_of(task.count * size));
    gpu::ProductWork product = product_of(task);
    product.out = ElementType::Fp16;
    device.product(product, a, b, c);
    const Halves result = memory.get(c, size_of(task.count * size));
    for (std::int64_t z = 0; z < task.count; ++z)
        scatter(work, z, std::span(result).subspan(size_of(z * size), size_of(size)),
                [](std::int64_t position) { return position; });
}

// Sums over positions: A lies as [position][tap][channel], which is [k][m].
void turned(gpu::Executor& device, const GemmWork& work) {
    const GemmTask& task = work.task;
    Operands memory(device);
    const std::uint16_t* a = memory.put(gathered(work));
    const std::uint16_t* b = memory.put(matrices_of(work));
    const bool half = task.out == ElementType::Fp16;
    const auto count = size_of(task.count * task.shape.m * task.shape.n);
    void* c = memory.room<std::byte>(count * (half ? 2 : 4));
    device.product(product_of(task), a, b, c);
    Values result(count);
    half ? memory.read(static_cast<const std::uint16_t*>(c), result)
         : memory.read(static_cast<const float*>(c), result);
    const std::int64_t channels = task.gather.channels;
    auto from = result.begin();
    for (std::int64_t z = 0; z < task.count; ++z)
        for (const Tap& tap : task.gather.taps)
            for (std::int64_t channel = 0; channel < channels; ++channel, from += task.shape.n)
                std::copy(from, from + task.shape.n, work.rows.at(z, tap.weight_tap * channels + channel));
}

// B of an instance (a weight's taps, a pruned gradient), compressed by the kernel that packs after an update:
// of a pruned matrix it keeps what the mask has kept.
void compress(gpu::Executor& device, Operands& memory, const PackedWeight& w, std::int64_t first,
              gpu::SparseGemmArguments& arguments) {
    const gpu::Compressed24Shape& shape = arguments.shape;
    gpu::UpdateArguments pack;
    pack.half = memory.halves(
        std::span(w.dense).subspan(size_of(first * w.k * w.n), size_of(shape.taps * w.k * w.n)));
    pack.taps = shape.taps;
    pack.rows = w.k;
    pack.columns = w.n;
    auto* values = memory.room<std::uint16_t>(size_of(shape.value_count()));
    auto* metadata = memory.room<std::uint32_t>(size_of(shape.word_count()));
    pack.forward = {gpu::CopyFormat::Compressed24, w.nm.n, w.nm.m, values,
                    reinterpret_cast<std::uint8_t*>(metadata)};
    device.update(gpu::UpdateRule::None, pack);
    arguments.values = values;
    arguments.metadata = metadata;
}

void sparse(gpu::Executor& device, const GemmWork& work, const gpu::GatherView& view,
            const gpu::Compressed24Shape& shape) {
    const std::int64_t rows = view.batch * view.out_h * view.out_w;
    for (std::int64_t z = 0; z < work.task.count; ++z) {
        Operands memory(device);
        gpu::SparseGemmArguments arguments;
        arguments.shape = shape;
        arguments.view = view;
        compress(device, memory, *work.weight, z * shape.taps, arguments);
        arguments.map = memory.put(whole_map(work, z));
        arguments.result = memory.room<std::uint16_t>(size_of(rows * shape.rows));
        device.sparse_product(arguments);
        scatter(work, z, memory.get(arguments.result, size_of(rows * shape.rows)),
                [&view](std::int64_t position) { return gpu::scatter_row(view, position); });
    }
}

void run_gemm(gpu::Executor& device, const GemmWork& work) {
    const GemmTask& task = work.task;
    if (task.sums_positions()) return turned(device, work);
    if (work.weight != nullptr && gpu::contained_in_2_4(work.weight->nm)) {
        const gpu::Compressed24Shape shape{work.weight->n, work.weight->taps / task.count, work.weight->k};
        const auto view = kernel_view(task);
        if (view && device.sparse_refusal(shape, *view).empty()) return sparse(device, work, *view, shape);
    }
    dense(device, work);
}

}  // namespace

void GpuEngine::gemm(const GemmWork& work) {
    const std::string why = refusal(Task(work.task));
    if (!why.empty()) throw InputError("layer " + work.task.layer, "", why);
    try {
        run_gemm(device_, work);
    } catch (const InputError& error) {
        throw InputError("layer " + work.task.layer, "",
                         std::string(to_string(work.task.stage)) + " on the GPU: " + error.what());
    }
}

}  // namespace satsim::execute
