#include "runtime/gpu/device/sparse_views.hpp"

#include <algorithm>

#include "runtime/gpu_model/gemm_model.hpp"
#include "runtime/workload/stride_taps.hpp"

namespace satsim::gpu {
namespace {

std::string refusal(const NmPattern& nm, std::int64_t groups, std::int64_t channels) {
    if (!contained_in_2_4(nm)) return to_string(nm) + " is not contained in 2:4";
    if (groups > 1) return "products in groups";
    if (channels % kUnit != 0) return std::to_string(channels) + " channels are no multiple of 8";
    return "";
}

SparseCalls calls_of(const ProductWork& w) {
    SparseCalls calls;
    calls.refused = refusal(w.nm, w.count, w.shape.k);
    if (w.a_transposed || w.out == ElementType::Fp32) calls.refused = "the gradient of weights";
    calls.weights = {w.shape.n, 1, w.shape.k};
    calls.views = {GatherView::matrix(w.shape.m, static_cast<int>(w.shape.k))};
    calls.map_elements = w.shape.m * w.shape.k;
    calls.result_elements = w.shape.m * w.shape.n;
    if (w.bias) calls.bias_elements = w.shape.n;
    return calls;
}

GatherView forward_view(const ConvolutionWork& w) {
    GatherView v;
    v.batch = w.batch;
    v.grid_h = v.out_h = w.out_h;
    v.grid_w = v.out_w = w.out_w;
    v.in_h = w.in_h;
    v.in_w = w.in_w;
    v.channels = static_cast<int>(w.in_channels);
    v.stride_y = w.stride_y;
    v.stride_x = w.stride_x;
    v.taps_y = w.kernel_h;
    v.taps_x = w.kernel_w;
    v.first_dy = -w.pad_top;
    v.first_dx = -w.pad_left;
    v.step_dy = w.dilation_y;
    v.step_dx = w.dilation_x;
    v.weight_tap_step_y = w.kernel_w;
    return v;
}

// Kernel positions that reach phase `phase` of a stride: every `step`-th from `first` on, read from dY at
// `delta` and on, `delta_step` apart.
struct PhaseTaps {
    int count = 0;
    int first = 0;
    int step = 1;
    int delta = 0;
    int delta_step = 0;
};
PhaseTaps phase_taps(int kernel, int stride, int dilation, int pad, int phase) {
    const std::vector<StrideTap> found = stride_taps(kernel, stride, dilation, pad, phase);
    PhaseTaps taps;
    taps.count = static_cast<int>(found.size());
    if (found.empty()) return taps;
    taps.first = found[0].k;
    taps.delta = found[0].delta;
    if (found.size() > 1) {
        taps.step = found[1].k - found[0].k;
        taps.delta_step = found[1].delta - found[0].delta;
    }
    return taps;
}

std::vector<GatherView> gradient_views(const ConvolutionWork& w) {
    std::vector<GatherView> views;
    for (int py = 0; py < std::min(w.stride_y, w.in_h); ++py) {
        for (int px = 0; px < std::min(w.stride_x, w.in_w); ++px) {
            const PhaseTaps y = phase_taps(w.kernel_h, w.stride_y, w.dilation_y, w.pad_top, py);
            const PhaseTaps x = phase_taps(w.kernel_w, w.stride_x, w.dilation_x, w.pad_left, px);
            GatherView v;
            v.batch = w.batch;
            v.grid_h = (w.in_h - py + w.stride_y - 1) / w.stride_y;
            v.grid_w = (w.in_w - px + w.stride_x - 1) / w.stride_x;
            v.in_h = w.out_h;
            v.in_w = w.out_w;
            v.channels = static_cast<int>(w.out_channels);
            v.taps_y = y.count;
            v.taps_x = x.count;
            v.first_dy = y.delta;
            v.first_dx = x.delta;
            v.step_dy = y.delta_step;
            v.step_dx = x.delta_step;
            v.first_weight_tap = y.first * w.kernel_w + x.first;
            v.weight_tap_step_y = y.step * w.kernel_w;
            v.weight_tap_step_x = x.step;
            v.out_h = w.in_h;
            v.out_w = w.in_w;
            v.step_y = w.stride_y;
            v.step_x = w.stride_x;
            v.off_y = py;
            v.off_x = px;
            // Without a tap the phase is zeros: the kernel takes no step of K and writes its empty sums.
            if (v.taps() == 0) v.taps_y = v.taps_x = 0;
            views.push_back(v);
        }
    }
    return views;
}

SparseCalls calls_of(const ConvolutionWork& w) {
    SparseCalls calls;
    const bool gradient = w.pass == ConvolutionPass::InputGradient;
    const std::int64_t reduced = gradient ? w.out_channels : w.in_channels;
    const std::int64_t others = gradient ? w.in_channels : w.out_channels;
    calls.refused = refusal(w.nm, w.groups, reduced);
    if (w.pass == ConvolutionPass::WeightGradient) calls.refused = "the gradient of weights";
    // The map is then the sparse operand, whose rows would be taken tap by tap.
    if (w.sparse_is_activation) calls.refused = "a convolution whose sparse operand is the map";
    calls.weights = {others, std::int64_t{w.kernel_h} * w.kernel_w, reduced};
    calls.views = gradient ? gradient_views(w) : std::vector<GatherView>{forward_view(w)};
    const std::int64_t in = w.batch * w.in_h * w.in_w * w.in_channels;
    const std::int64_t out = w.batch * w.out_h * w.out_w * w.out_channels;
    calls.map_elements = gradient ? out : in;
    calls.result_elements = gradient ? in : out;
    return calls;
}

}  // namespace

SparseCalls sparse_calls(const Work& work) {
    SparseCalls calls;
    calls.refused = "no product";
    if (const auto* product = std::get_if<ProductWork>(&work)) calls = calls_of(*product);
    if (const auto* convolution = std::get_if<ConvolutionWork>(&work)) calls = calls_of(*convolution);
    if (calls.refused.empty() && !std::all_of(calls.views.begin(), calls.views.end(), fits_gather))
        calls.refused = "a map too large for the kernel's offsets of 32 bits";
    return calls;
}

}  // namespace satsim::gpu
