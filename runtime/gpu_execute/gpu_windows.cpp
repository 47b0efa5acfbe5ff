// Pools, resampling, tables.
#include "runtime/gpu_execute/gpu_kernels.hpp"
#include "runtime/gpu_execute/operands.hpp"

namespace satsim::execute {
namespace {

using gpu::Tables;
using gpu::Windows;

gpu::WindowArguments arguments_of(const Layer& l) {
    gpu::WindowArguments a;
    a.in_h = l.in.height;
    a.in_w = l.in.width;
    a.out_h = l.out.height;
    a.out_w = l.out.width;
    a.channels = static_cast<int>(l.out.channels);
    a.merged = static_cast<int>(l.in.channels / l.out.channels);
    const bool reduce = l.kind == LayerKind::Reduce;
    if (l.kind == LayerKind::GlobalPool || reduce) {
        a.kernel_h = l.kind == LayerKind::GlobalPool || l.axis == Axis::Height ? l.in.height : 1;
        a.kernel_w = l.kind == LayerKind::GlobalPool || l.axis == Axis::Width ? l.in.width : 1;
        return a;
    }
    if (l.kind == LayerKind::Resize) return a;
    a.kernel_h = l.kernel.h;
    a.kernel_w = l.kernel.w;
    a.stride_h = l.stride.h;
    a.stride_w = l.stride.w;
    a.dilation_h = l.dilation.h;
    a.dilation_w = l.dilation.w;
    a.pad_top = l.pad.top;
    a.pad_left = l.pad.left;
    return a;
}

Windows operation_of(const VectorWork& work) {
    const bool maximum = work.layer.kind == LayerKind::MaxPool;
    switch (work.task.op) {
        case VectorOp::Pool:
            return maximum ? Windows::MaximumPool : Windows::AveragePool;
        case VectorOp::PoolGrad:
            return maximum ? Windows::MaximumPoolGradient : Windows::AveragePoolGradient;
        default:
            return work.task.stage == Stage::FF ? Windows::Resample : Windows::ResampleGradient;
    }
}

// Positions by the rows that they take, ascending, and where each row's begin.
struct RowLists {
    RowLists(const std::vector<std::size_t>& rows_taken, std::size_t rows)
        : first(rows + 1), order(rows_taken.size()) {
        for (const std::size_t row : rows_taken) ++first[row + 1];
        for (std::size_t r = 0; r < rows; ++r) first[r + 1] += first[r];
        std::vector<int> next(first.begin(), first.end() - 1);
        for (std::size_t p = 0; p < rows_taken.size(); ++p)
            order[static_cast<std::size_t>(next[rows_taken[p]]++)] = static_cast<int>(p);
    }
    std::vector<int> first;
    std::vector<int> order;
};

// vectors: table, numbers: rows -> results.
void look_up(gpu::Executor& device, const VectorWork& work) {
    Operands memory(device);
    gpu::TableArguments a;
    a.channels = work.length;
    a.positions = static_cast<std::int64_t>(work.results[0].size()) / a.channels;
    a.rows = static_cast<std::int64_t>(work.vectors[0].size()) / a.channels;
    a.table = memory.floats(work.vectors[0]);
    a.number = memory.put(std::vector<int>(work.numbers.begin(), work.numbers.end()));
    a.out = memory.room<std::uint16_t>(work.results[0].size());
    device.tables(Tables::Lookup, a);
    memory.read(a.out, work.results[0]);
}

// maps: dy, numbers: rows -> sums: the table's gradient; of rows of a map: results.
void look_up_gradient(gpu::Executor& device, const VectorWork& work) {
    Operands memory(device);
    gpu::TableArguments a;
    const std::span<double> to = work.sums.empty() ? work.results[0] : work.sums[0];
    a.channels = work.length;
    a.positions = static_cast<std::int64_t>(work.maps[0].size()) / a.channels;
    a.rows = static_cast<std::int64_t>(to.size()) / a.channels;
    const RowLists lists({work.numbers.begin(), work.numbers.end()}, static_cast<std::size_t>(a.rows));
    a.first = memory.put(lists.first);
    a.order = memory.put(lists.order);
    a.map = memory.halves(work.maps[0]);
    if (work.sums.empty())
        a.out = memory.room<std::uint16_t>(to.size());
    else
        a.gradient = memory.room<float>(to.size());
    device.tables(Tables::LookupGradient, a);
    work.sums.empty() ? memory.read(a.out, to) : memory.read(a.gradient, to);
}

}  // namespace

// FF: maps x -> results y. BP: maps dy, x (pools) -> results dx.
void windows_on(gpu::Executor& device, const VectorWork& work) {
    Operands memory(device);
    gpu::WindowArguments a = arguments_of(work.layer);
    const bool forward = work.task.stage == Stage::FF;
    const std::int64_t sample = forward ? work.layer.in.elements() : work.layer.out.elements();
    a.samples = static_cast<std::int64_t>(work.maps[0].size()) / sample;
    if (forward)
        a.x = memory.halves(work.maps[0]);
    else
        a.dy = memory.halves(work.maps[0]);
    if (!forward && work.layer.kind == LayerKind::MaxPool) a.x = memory.halves(work.maps[1]);
    a.out = memory.room<std::uint16_t>(work.results[0].size());
    device.windows(operation_of(work), a);
    memory.read(a.out, work.results[0]);
}

void lookup_on(gpu::Executor& device, const VectorWork& work) {
    work.task.stage == Stage::FF ? look_up(device, work) : look_up_gradient(device, work);
}

// maps: products of positions and table rows; vectors: table -> results: the nearest rows, and their numbers.
void nearest_on(gpu::Executor& device, const VectorWork& work) {
    Operands memory(device);
    gpu::TableArguments a;
    a.channels = work.layer.in.channels;
    a.rows = work.layer.rows;
    a.positions = static_cast<std::int64_t>(work.maps[0].size()) / a.rows;
    a.table = memory.floats(work.vectors[0]);
    a.map = memory.halves(work.maps[0]);
    a.length = memory.room<float>(static_cast<std::size_t>(a.rows));
    a.nearest = memory.room<int>(work.results[1].size());
    a.out = memory.room<std::uint16_t>(work.results[0].size());
    device.tables(Tables::Nearest, a);
    memory.read(a.out, work.results[0]);
    const std::vector<int> numbers = memory.get(a.nearest, work.results[1].size());
    std::copy(numbers.begin(), numbers.end(), work.results[1].begin());
}

void spread_sums_on(gpu::Executor& device, std::span<const double> dy, const std::span<const double>* factor,
                    const std::vector<std::size_t>& place, bool half, std::span<double> to) {
    Operands memory(device);
    gpu::TableArguments a;
    a.channels = 1;
    a.positions = static_cast<std::int64_t>(dy.size());
    a.rows = static_cast<std::int64_t>(to.size());
    const RowLists lists(place, to.size());
    a.first = memory.put(lists.first);
    a.order = memory.put(lists.order);
    a.map = memory.halves(dy);
    if (factor != nullptr) a.factor = memory.halves(*factor);
    if (half)
        a.out = memory.room<std::uint16_t>(to.size());
    else
        a.gradient = memory.room<float>(to.size());
    device.tables(Tables::LookupGradient, a);
    half ? memory.read(a.out, to) : memory.read(a.gradient, to);
}

}  // namespace satsim::execute
