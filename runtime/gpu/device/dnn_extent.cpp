#include <algorithm>

#include "runtime/gpu/device/dnn.hpp"

namespace satsim::gpu {

std::pair<int, int> Dnn::input_extent(const ConvolutionWork& w) {
    // `far`: the least padding behind that gives the layer's output.
    const auto one = [](int in, int out, int kernel, int stride, int dilation, int near, int far) {
        const int covered = dilation * (kernel - 1) + 1;
        const bool even = near >= 0 && (in + 2 * near - covered) / stride + 1 == out;
        return even ? in : in + near + std::max(far, 0);  // rows that are never read stay
    };
    return {one(w.in_h, w.out_h, w.kernel_h, w.stride_y, w.dilation_y, w.pad_top, w.pad_bottom()),
            one(w.in_w, w.out_w, w.kernel_w, w.stride_x, w.dilation_x, w.pad_left, w.pad_right())};
}

}  // namespace satsim::gpu
