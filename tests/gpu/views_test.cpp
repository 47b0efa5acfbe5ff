// The own 2:4 kernel's calls for convolutions, against the convolution itself; no device.
#include <gtest/gtest.h>

#include <map>

#include "runtime/gpu/device/dnn.hpp"
#include "runtime/gpu/device/sparse_views.hpp"

namespace satsim::gpu {
namespace {

ConvolutionWork convolution(ConvolutionPass pass, int size, int kernel, int stride, int pad,
                            int dilation = 1) {
    ConvolutionWork w;
    w.pass = pass;
    w.batch = 2;
    w.in_h = w.in_w = size;
    w.out_h = w.out_w = (size + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
    w.in_channels = w.out_channels = 8;
    w.kernel_h = w.kernel_w = kernel;
    w.stride_y = w.stride_x = stride;
    w.dilation_y = w.dilation_x = dilation;
    w.pad_top = w.pad_left = pad;
    w.nm = {2, 4};
    return w;
}

// (position of the large map, position of the small map, weight tap): each product of the convolution once.
using Terms = std::map<std::array<std::int64_t, 3>, int>;
Terms terms_of(const ConvolutionWork& w) {
    Terms terms;
    for (std::int64_t b = 0; b < w.batch; ++b)
        for (int y = 0; y < w.out_h; ++y)
            for (int x = 0; x < w.out_w; ++x)
                for (int ky = 0; ky < w.kernel_h; ++ky)
                    for (int kx = 0; kx < w.kernel_w; ++kx) {
                        const int iy = y * w.stride_y + ky * w.dilation_y - w.pad_top;
                        const int ix = x * w.stride_x + kx * w.dilation_x - w.pad_left;
                        if (iy < 0 || iy >= w.in_h || ix < 0 || ix >= w.in_w) continue;
                        ++terms[{(b * w.in_h + iy) * w.in_w + ix, (b * w.out_h + y) * w.out_w + x,
                                 ky * w.kernel_w + kx}];
                    }
    return terms;
}

TEST(GpuSparseViews, CallsAreTheConvolution) {
    for (const auto pass : {ConvolutionPass::Forward, ConvolutionPass::InputGradient}) {
        for (const ConvolutionWork& w :
             {convolution(pass, 7, 3, 1, 1), convolution(pass, 8, 3, 2, 1), convolution(pass, 9, 5, 3, 2),
              convolution(pass, 8, 1, 2, 0), convolution(pass, 9, 3, 1, 2, 2),
              convolution(pass, 11, 3, 2, 2, 2)}) {
            const SparseCalls calls = sparse_calls(w);
            ASSERT_EQ(calls.refused, "");
            Terms terms;
            std::map<std::int64_t, int> written;
            for (const GatherView& view : calls.views) {
                for (std::int64_t position = 0; position < view.positions(); ++position) {
                    const std::int64_t to = scatter_row(view, position);
                    ++written[to];
                    const GatherRow row = gather_row(view, position);
                    for (int tap = 0; tap < view.taps(); ++tap) {
                        const std::int64_t from = gather_offset(view, row, tap, 0);
                        if (from < 0) continue;
                        const std::int64_t read = from / view.channels;
                        ++terms[pass == ConvolutionPass::Forward
                                    ? std::array<std::int64_t, 3>{read, to, view.weight_tap(tap)}
                                    : std::array<std::int64_t, 3>{to, read, view.weight_tap(tap)}];
                    }
                }
            }
            EXPECT_EQ(terms, terms_of(w)) << describe(w) << " stride " << w.stride_y;
            const std::int64_t results =
                w.batch * (pass == ConvolutionPass::Forward ? w.out_h * w.out_w : w.in_h * w.in_w);
            EXPECT_EQ(written.size(), static_cast<std::size_t>(results));  // every one, once
            for (const auto& [to, times] : written) EXPECT_EQ(times, 1);
        }
    }
}

TEST(GpuSparseViews, SaysWhatItCannotDo) {
    ConvolutionWork w = convolution(ConvolutionPass::WeightGradient, 8, 3, 1, 1);
    EXPECT_EQ(sparse_calls(w).refused, "the gradient of weights");
    w = convolution(ConvolutionPass::Forward, 8, 3, 1, 1);
    w.in_channels = 12;
    EXPECT_EQ(sparse_calls(w).refused, "12 channels are no multiple of 8");
    w = convolution(ConvolutionPass::Forward, 8, 3, 1, 1);
    w.nm = {4, 8};
    EXPECT_EQ(sparse_calls(w).refused, "4:8 is not contained in 2:4");
    w = convolution(ConvolutionPass::InputGradient, 8, 3, 1, 1);
    w.sparse_is_activation = true;
    EXPECT_EQ(sparse_calls(w).refused, "a convolution whose sparse operand is the map");
}

// SDGP: dX^T = W * dY^T, whose pruned operand has a row for each position.
TEST(GpuSparseViews, APrunedGradientIsTheSparseOperand) {
    ProductWork w;
    w.shape = {64, 1000, 256};  // input channels, positions, output channels
    w.nm = {2, 8};
    w.sparse_is_activation = true;
    const SparseCalls calls = sparse_calls(w);
    EXPECT_EQ(calls.refused, "");
    EXPECT_EQ(calls.weights.rows, 1000);
    EXPECT_EQ(calls.weights.channels, 256);
    ASSERT_EQ(calls.views.size(), 1U);
    EXPECT_EQ(calls.views[0].positions(), 64);
    EXPECT_EQ(calls.result_elements, 64 * 1000);
}

TEST(GpuSparseViews, ABiasHasOneOfEachOutputChannel) {
    ProductWork w;
    w.shape = {1000, 72, 64};
    w.nm = {2, 8};
    EXPECT_EQ(sparse_calls(w).bias_elements, 0);
    w.bias = true;
    EXPECT_EQ(sparse_calls(w).bias_elements, 72);
    EXPECT_EQ(sparse_calls(w).weights.rows, 72);
}

// The input that cuDNN is given has the layer's output with the padding that it is given.
TEST(GpuDnnExtent, GivesTheLayersOutput) {
    for (int in = 5; in < 14; ++in)
        for (int kernel = 1; kernel <= 5; ++kernel)
            for (int stride = 1; stride <= 3; ++stride)
                for (int near = 0; near < kernel; ++near)
                    for (int far = 0; far < kernel; ++far) {
                        if (in + near + far < kernel) continue;
                        ConvolutionWork w;
                        w.in_h = w.in_w = in;
                        w.kernel_h = w.kernel_w = kernel;
                        w.stride_y = w.stride_x = stride;
                        w.pad_top = w.pad_left = near;
                        w.out_h = w.out_w = (in + near + far - kernel) / stride + 1;
                        const int extent = Dnn::input_extent(w).first;
                        const int pad = extent == in ? near : 0;
                        EXPECT_EQ((extent + 2 * pad - kernel) / stride + 1, w.out_h)
                            << in << " " << kernel << " " << stride << " " << near << " " << far;
                    }
}

}  // namespace
}  // namespace satsim::gpu
