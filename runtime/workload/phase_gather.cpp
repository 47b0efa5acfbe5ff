#include "runtime/workload/phase_gather.hpp"

#include <algorithm>

#include "runtime/workload/stride_taps.hpp"

namespace satsim {
namespace {

std::vector<Tap> taps_of_phase(const Layer& layer, int py, int px) {
    std::vector<Tap> taps;
    for (const StrideTap& y :
         stride_taps(layer.kernel.h, layer.stride.h, layer.dilation.h, layer.pad.top, py)) {
        for (const StrideTap& x :
             stride_taps(layer.kernel.w, layer.stride.w, layer.dilation.w, layer.pad.left, px)) {
            taps.push_back({y.delta, x.delta, y.k * layer.kernel.w + x.k});
        }
    }
    // In the order of memory, in which rows of dX share rows of dY (schedule/strip.hpp).
    std::sort(taps.begin(), taps.end());
    return taps;
}

Gather phase_gather(const Layer& layer, std::int64_t batch, int py, int px) {
    Gather g;
    g.batch = batch;
    g.grid_h = ceil_div(layer.in.height - py, layer.stride.h);
    g.grid_w = ceil_div(layer.in.width - px, layer.stride.w);
    g.in_h = layer.out.height;
    g.in_w = layer.out.width;
    g.channels = static_cast<int>(layer.out.channels / layer.groups);
    g.taps = taps_of_phase(layer, py, px);
    return g;
}

}  // namespace

std::vector<StridePhase> phases_of(const Layer& layer, std::int64_t batch) {
    const Extent stride = layer.stride;
    std::vector<StridePhase> phases;
    for (int py = 0; py < std::min(stride.h, layer.in.height); ++py) {
        for (int px = 0; px < std::min(stride.w, layer.in.width); ++px) {
            phases.push_back(
                {stride.area() > 1 ? "phase " + std::to_string(py) + "," + std::to_string(px) : std::string(),
                 py, px, phase_gather(layer, batch, py, px)});
        }
    }
    return phases;
}

Layer mirror_of(const Layer& layer) {
    Layer mirror = layer;
    mirror.in = layer.out;
    mirror.out = layer.in;
    return mirror;
}

std::vector<int> columns_of(const std::vector<Tap>& taps) {
    std::vector<int> columns;
    for (const Tap& tap : taps) columns.push_back(tap.dx);
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
    return columns;
}

std::int64_t packed_gradient_copies(const Layer& layer) {
    std::size_t most = 1;
    if (layer.kind != LayerKind::Conv) return 1;
    for (const StridePhase& phase : phases_of(layer, 1))
        most = std::max(most, columns_of(phase.reads.taps).size());
    return static_cast<std::int64_t>(most);
}

}  // namespace satsim
