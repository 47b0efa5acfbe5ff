// Pools and resampling of channels-last FP16 maps, one thread an element of the result: gradients too are
// gathered, so that no two threads add to one element. Sums are FP32, results are rounded once.
#pragma once

#include <cstdint>

#include "runtime/gpu/shared/arithmetic.hpp"

namespace satsim::gpu {

struct WindowArguments {
    const std::uint16_t* x = nullptr;   // forward; and of a maximum's gradient
    const std::uint16_t* dy = nullptr;  // gradients
    std::uint16_t* out = nullptr;       // y, or dx
    std::int64_t samples = 1;
    int in_h = 1;  // the large map of a pool, what a resampling reads
    int in_w = 1;
    int out_h = 1;
    int out_w = 1;
    int channels = 1;  // of y
    int merged = 1;    // channels of x that become one of y
    int kernel_h = 1;  // pools
    int kernel_w = 1;
    int stride_h = 1;
    int stride_w = 1;
    int dilation_h = 1;
    int dilation_w = 1;
    int pad_top = 0;
    int pad_left = 0;

    [[nodiscard]] SATSIM_HD int in_channels() const { return channels * merged; }
    [[nodiscard]] SATSIM_HD std::int64_t inputs() const { return samples * in_h * in_w * in_channels(); }
    [[nodiscard]] SATSIM_HD std::int64_t outputs() const { return samples * out_h * out_w * channels; }
};

// Element number `i` of a map taken apart.
struct MapPlace {
    SATSIM_HD MapPlace(std::int64_t i, int height, int width, int channels)
        : c(static_cast<int>(i % channels)),
          x(static_cast<int>(i / channels % width)),
          y(static_cast<int>(i / channels / width % height)),
          b(i / channels / width / height) {}
    int c;
    int x;
    int y;
    std::int64_t b;
};

// Calls f(element of x) for what output (b, oy, ox, c) sees, in the order of rows, columns, channels.
template <class Function>
SATSIM_HD inline void for_window(const WindowArguments& a, std::int64_t b, int oy, int ox, int c,
                                 Function f) {
    for (int ky = 0; ky < a.kernel_h; ++ky) {
        for (int kx = 0; kx < a.kernel_w; ++kx) {
            const int y = oy * a.stride_h - a.pad_top + ky * a.dilation_h;
            const int x = ox * a.stride_w - a.pad_left + kx * a.dilation_w;
            if (y < 0 || y >= a.in_h || x < 0 || x >= a.in_w) continue;
            const std::int64_t first =
                ((b * a.in_h + y) * a.in_w + x) * a.in_channels() + std::int64_t{c} * a.merged;
            for (int m = 0; m < a.merged; ++m) f(first + m);
        }
    }
}
// The first of the largest elements of a window; -1: it sees none.
SATSIM_HD inline std::int64_t largest_of(const WindowArguments& a, std::int64_t b, int oy, int ox, int c) {
    std::int64_t best = -1;
    float top = 0;
    for_window(a, b, oy, ox, c, [&](std::int64_t at) {
        const float value = from_half(a.x[at]);
        if (best >= 0 && !(value > top)) return;
        best = at;
        top = value;
    });
    return best;
}

struct MaximumPool {
    static SATSIM_HD void run(const WindowArguments& a, std::int64_t i) {
        const MapPlace p(i, a.out_h, a.out_w, a.channels);
        const std::int64_t best = largest_of(a, p.b, p.y, p.x, p.c);
        a.out[i] = best < 0 ? std::uint16_t{0} : a.x[best];
    }
};
// The mean of the elements inside the map.
struct AveragePool {
    static SATSIM_HD void run(const WindowArguments& a, std::int64_t i) {
        const MapPlace p(i, a.out_h, a.out_w, a.channels);
        float sum = 0;
        int count = 0;
        for_window(a, p.b, p.y, p.x, p.c, [&](std::int64_t at) {
            sum += from_half(a.x[at]);
            ++count;
        });
        a.out[i] = to_half(sum / static_cast<float>(count));
    }
};

// Calls f(output, oy, ox) for every window that sees element `p` of x, outputs ascending.
template <class Function>
SATSIM_HD inline void for_windows_of(const WindowArguments& a, const MapPlace& p, Function f) {
    for (int ky = a.kernel_h - 1; ky >= 0; --ky) {
        const int y = p.y + a.pad_top - ky * a.dilation_h;
        if (y < 0 || y % a.stride_h != 0 || y / a.stride_h >= a.out_h) continue;
        for (int kx = a.kernel_w - 1; kx >= 0; --kx) {
            const int x = p.x + a.pad_left - kx * a.dilation_w;
            if (x < 0 || x % a.stride_w != 0 || x / a.stride_w >= a.out_w) continue;
            const int oy = y / a.stride_h;
            const int ox = x / a.stride_w;
            f(((p.b * a.out_h + oy) * a.out_w + ox) * a.channels + p.c / a.merged, oy, ox);
        }
    }
}
// A maximum's gradient goes to the first element that is as large.
struct MaximumPoolGradient {
    static SATSIM_HD void run(const WindowArguments& a, std::int64_t i) {
        const MapPlace p(i, a.in_h, a.in_w, a.in_channels());
        float sum = 0;
        for_windows_of(a, p, [&](std::int64_t output, int oy, int ox) {
            if (largest_of(a, p.b, oy, ox, p.c / a.merged) == i) sum += from_half(a.dy[output]);
        });
        a.out[i] = to_half(sum);
    }
};
struct AveragePoolGradient {
    static SATSIM_HD void run(const WindowArguments& a, std::int64_t i) {
        const MapPlace p(i, a.in_h, a.in_w, a.in_channels());
        float sum = 0;
        for_windows_of(a, p, [&](std::int64_t output, int oy, int ox) {
            int count = 0;
            for_window(a, p.b, oy, ox, p.c / a.merged, [&count](std::int64_t) { ++count; });
            sum += from_half(a.dy[output]) / static_cast<float>(count);
        });
        a.out[i] = to_half(sum);
    }
};

// Nearest neighbour: row y of the result is row y*in_h/out_h of x, rounded down.
struct Resample {
    static SATSIM_HD void run(const WindowArguments& a, std::int64_t i) {
        const MapPlace p(i, a.out_h, a.out_w, a.channels);
        const std::int64_t y = std::int64_t{p.y} * a.in_h / a.out_h;
        const std::int64_t x = std::int64_t{p.x} * a.in_w / a.out_w;
        a.out[i] = a.x[((p.b * a.in_h + y) * a.in_w + x) * a.channels + p.c];
    }
};
// First row of the result that is row `y` of x, or a later one's where none is.
SATSIM_HD inline std::int64_t first_taken(std::int64_t y, int in, int out) {
    return (y * out + in - 1) / in;
}
struct ResampleGradient {
    static SATSIM_HD void run(const WindowArguments& a, std::int64_t i) {
        const MapPlace p(i, a.in_h, a.in_w, a.channels);
        float sum = 0;
        const std::int64_t end_y = first_taken(std::int64_t{p.y} + 1, a.in_h, a.out_h);
        const std::int64_t end_x = first_taken(std::int64_t{p.x} + 1, a.in_w, a.out_w);
        for (std::int64_t y = first_taken(p.y, a.in_h, a.out_h); y < end_y; ++y)
            for (std::int64_t x = first_taken(p.x, a.in_w, a.out_w); x < end_x; ++x)
                sum += from_half(a.dy[((p.b * a.out_h + y) * a.out_w + x) * a.channels + p.c]);
        a.out[i] = to_half(sum);
    }
};

}  // namespace satsim::gpu
