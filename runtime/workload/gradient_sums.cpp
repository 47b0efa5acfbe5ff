#include "runtime/workload/gradient_sums.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

#include "runtime/workload/vector_parts.hpp"

namespace satsim {
namespace {

// What holds the gradients of slices along one axis.
struct Cover {
    int tensors = 0;
    std::int64_t elements = 0;
};

Cover cover_of(const std::vector<const Layer*>& slices) {
    Cover cover;
    for (const int tensor : slice_tensors(slices)) cover.tensors = std::max(cover.tensors, tensor + 1);
    for (const Layer* slice : slices) cover.elements += slice->out.elements();
    return cover;
}

// The position behind the last one that a slice takes.
std::int64_t end_of(const Layer& slice) {
    const TensorShape& out = slice.out;
    const std::int64_t size = slice.axis == Axis::Channels ? out.channels
                              : slice.axis == Axis::Height ? out.height
                                                           : out.width;
    return slice.start + (size - 1) * slice.step + 1;
}

}  // namespace

bool is_slice(const Layer& layer) {
    return layer.kind == LayerKind::Slice || layer.kind == LayerKind::SelectToken;
}

// First come, first served from the lowest position on takes as many tensors as slices share a point: fewer
// cannot do.
std::vector<int> slice_tensors(const std::vector<const Layer*>& slices) {
    // Slices of one step take turns: those that begin at the same remainder meet, others do not.
    const int step = slices.empty() ? 1 : slices.front()->step;
    const bool equal =
        std::all_of(slices.begin(), slices.end(), [&](const Layer* slice) { return slice->step == step; });
    std::vector<std::size_t> order(slices.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return slices[a]->start < slices[b]->start; });
    std::vector<int> tensors(slices.size());
    std::map<int, std::vector<std::int64_t>> taken;  // by remainder: up to where, in each tensor
    for (const std::size_t i : order) {
        const Layer& slice = *slices[i];
        std::vector<std::int64_t>& ends = taken[equal ? slice.start % step : 0];
        auto room =
            std::find_if(ends.begin(), ends.end(), [&](std::int64_t end) { return end <= slice.start; });
        if (room == ends.end()) room = ends.insert(ends.end(), 0);
        *room = end_of(slice);
        tensors[i] = static_cast<int>(room - ends.begin());
    }
    return tensors;
}

GradientSums::GradientSums(const Network& network, const std::vector<LayerPlan>& plan)
    : network_(network), readers_(network.layers.size()) {
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        if (!plan[i].gradient) continue;
        for (const int input : network.layers[i].inputs) {
            if (input >= 0) readers_[static_cast<std::size_t>(input)].push_back(static_cast<int>(i));
        }
    }
}

void GradientSums::append(const StepContext& context, int index, std::vector<Task>& tasks) const {
    const Layer& layer = network_.layers[static_cast<std::size_t>(index)];
    std::array<std::vector<const Layer*>, 3> slices;
    int gradients = 0;
    std::int64_t selected = 0;  // elements of a sample
    for (const int reader : readers_[static_cast<std::size_t>(index)]) {
        const Layer& other = network_.layers[static_cast<std::size_t>(reader)];
        if (is_slice(other))
            slices[static_cast<std::size_t>(other.axis)].push_back(&other);
        else if (other.kind == LayerKind::Select)
            selected += other.items * std::min(other.out.elements(), layer.out.elements());
        else
            ++gradients;
    }
    std::int64_t uncovered = 0;
    for (const std::vector<const Layer*>& along : slices) {
        const Cover cover = cover_of(along);
        gradients += cover.tensors;
        uncovered += cover.tensors * layer.out.elements() - cover.elements;
    }
    if (selected > 0) {
        const std::int64_t whole = layer.items * layer.out.elements();
        const std::int64_t tensors = ceil_div(selected, whole);
        gradients += static_cast<int>(tensors);
        if (tensors * whole > selected)
            tasks.emplace_back(vector_task(layer, VectorOp::ZeroFill, Stage::BP,
                                           context.samples * (tensors * whole - selected), 0, 1, 0));
    }
    if (uncovered > 0)
        tasks.emplace_back(
            vector_task(layer, VectorOp::ZeroFill, Stage::BP, context.batch * uncovered, 0, 1, 0));
    VectorTask sum =
        vector_task(layer, VectorOp::Add, Stage::BP, context.batch * layer.out.elements(), 2, 1, 1);
    // What comes to a tensor that all samples share are sums over them, FP32.
    if (context.is_shared(index)) sum = fp32_sum(std::move(sum));
    for (int extra = 1; extra < gradients; ++extra) tasks.emplace_back(sum);
}

}  // namespace satsim
