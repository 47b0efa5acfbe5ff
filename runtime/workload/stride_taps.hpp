// Which kernel positions reach a phase of a stride, one direction at a time: the arithmetic behind every
// gradient of a strided convolution.
#pragma once

#include <vector>

namespace satsim {

// Kernel position k reaches input coordinates stride*a + phase from output coordinate a + delta.
struct StrideTap {
    int k = 0;
    int delta = 0;
};
// Ascending in k: delta*stride = phase + pad - k*dilation.
[[nodiscard]] inline std::vector<StrideTap> stride_taps(int kernel, int stride, int dilation, int pad,
                                                        int phase) {
    std::vector<StrideTap> taps;
    for (int k = 0; k < kernel; ++k) {
        const int distance = phase + pad - k * dilation;
        if (distance % stride == 0) taps.push_back({k, distance / stride});
    }
    return taps;
}

}  // namespace satsim
