#include "runtime/gpu_execute/kernel_view.hpp"

namespace satsim::execute {
namespace {

// Taps (ty, tx) in the order of the reduction; false where they are no grid.
bool take_taps(const std::vector<Tap>& taps, gpu::GatherView& view) {
    std::size_t wide = 1;
    while (wide < taps.size() && taps[wide].dy == taps[0].dy) ++wide;
    view.taps_x = static_cast<int>(wide);
    view.taps_y = static_cast<int>(taps.size() / wide);
    view.first_dy = taps[0].dy;
    view.first_dx = taps[0].dx;
    view.first_weight_tap = taps[0].weight_tap;
    if (wide > 1) {
        view.step_dx = taps[1].dx - taps[0].dx;
        view.weight_tap_step_x = taps[1].weight_tap - taps[0].weight_tap;
    }
    if (view.taps_y > 1) {
        view.step_dy = taps[wide].dy - taps[0].dy;
        view.weight_tap_step_y = taps[wide].weight_tap - taps[0].weight_tap;
    }
    for (std::size_t i = 0; i < taps.size(); ++i) {
        const auto tx = static_cast<int>(i % wide);
        const auto ty = static_cast<int>(i / wide);
        if (taps[i].dy != view.first_dy + ty * view.step_dy ||
            taps[i].dx != view.first_dx + tx * view.step_dx ||
            taps[i].weight_tap != view.weight_tap(static_cast<int>(i)))
            return false;
    }
    return taps.size() == wide * static_cast<std::size_t>(view.taps_y);
}

}  // namespace

std::optional<gpu::GatherView> kernel_view(const GemmTask& task) {
    const Gather& g = task.gather;
    if (g.taps.empty()) return std::nullopt;
    gpu::GatherView view;
    if (task.is_matrix()) {
        view = gpu::GatherView::matrix(g.positions(), g.channels);
        view.first_weight_tap = g.taps[0].weight_tap;
    } else {
        if (!take_taps(g.taps, view)) return std::nullopt;
        view.batch = g.batch;
        view.grid_h = g.grid_h;
        view.grid_w = g.grid_w;
        view.in_h = g.in_h;
        view.in_w = g.in_w;
        view.channels = g.channels;
        view.stride_y = g.stride_y;
        view.stride_x = g.stride_x;
        view.out_h = task.scatter.out_h;
        view.out_w = task.scatter.out_w;
        view.step_y = task.scatter.step_y;
        view.step_x = task.scatter.step_x;
        view.off_y = task.scatter.off_y;
        view.off_x = task.scatter.off_x;
    }
    if (!gpu::fits_gather(view)) return std::nullopt;
    return view;
}

}  // namespace satsim::execute
