#include "runtime/workload/gradient_sums.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "runtime/workload/vector_parts.hpp"

namespace satsim {
namespace {

// How many tensors it takes to hold ranges so that none of one tensor overlap: the most that share a point.
struct Cover {
    int tensors = 0;
    std::int64_t elements = 0;
};

Cover cover_of(const std::vector<const Layer*>& slices) {
    Cover cover;
    // Slices of one step take turns: those that begin at the same remainder meet, others do not.
    const int step = slices.empty() ? 1 : slices.front()->step;
    const bool equal =
        std::all_of(slices.begin(), slices.end(), [&](const Layer* slice) { return slice->step == step; });
    // By remainder; at each position, ranges that begin less those that end.
    std::map<int, std::map<std::int64_t, int>> changes;
    for (const Layer* slice : slices) {
        const TensorShape& out = slice->out;
        const std::int64_t size = slice->axis == Axis::Channels ? out.channels
                                  : slice->axis == Axis::Height ? out.height
                                                                : out.width;
        std::map<std::int64_t, int>& mine = changes[equal ? slice->start % step : 0];
        ++mine[slice->start];
        --mine[slice->start + (size - 1) * slice->step + 1];
        cover.elements += out.elements();
    }
    for (const auto& [remainder, mine] : changes) {
        int open = 0;
        for (const auto& [position, change] : mine) {
            open += change;
            cover.tensors = std::max(cover.tensors, open);
        }
    }
    return cover;
}

}  // namespace

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
        if (other.kind == LayerKind::Slice)
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
    for (int extra = 1; extra < gradients; ++extra) {
        tasks.emplace_back(
            vector_task(layer, VectorOp::Add, Stage::BP, context.batch * layer.out.elements(), 2, 1, 1));
    }
}

}  // namespace satsim
