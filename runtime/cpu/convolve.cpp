#include "runtime/cpu/convolve.hpp"

#include <algorithm>
#include <cstring>

#include "runtime/cpu/workers.hpp"

namespace satsim::cpu {
namespace {

constexpr std::int64_t kBufferFloats = std::int64_t{1} << 23;  // 32 MiB of columns

// Calls f(place in a row of columns, y, x) for every tap of output position `position` that is inside.
template <class Function>
void for_taps(const gpu::ConvolutionWork& w, std::int64_t position, Function f) {
    const auto out_y = static_cast<int>(position / w.out_w);
    const auto out_x = static_cast<int>(position % w.out_w);
    for (int ky = 0; ky < w.kernel_h; ++ky) {
        const int y = out_y * w.stride_y + ky * w.dilation_y - w.pad_top;
        if (y < 0 || y >= w.in_h) continue;
        for (int kx = 0; kx < w.kernel_w; ++kx) {
            const int x = out_x * w.stride_x + kx * w.dilation_x - w.pad_left;
            if (x >= 0 && x < w.in_w) f(ky * w.kernel_w + kx, y, x);
        }
    }
}

}  // namespace

Convolver::Convolver(const Blas& blas, const gpu::ConvolutionWork& work)
    : blas_(blas),
      work_(work),
      channels_(work.in_channels / work.groups),
      outputs_(work.out_channels / work.groups),
      positions_(std::int64_t{work.out_h} * work.out_w),
      reduced_(std::int64_t{work.kernel_h} * work.kernel_w * channels_),
      chunk_(std::clamp<std::int64_t>(kBufferFloats / (positions_ * reduced_), 1, work.batch)),
      columns_(static_cast<std::size_t>(chunk_ * positions_ * reduced_)),
      results_(static_cast<std::size_t>(work.groups > 1 ? chunk_ * positions_ * outputs_ : 0)) {}

void Convolver::gather(const float* x, int group, std::int64_t first, std::int64_t images) {
    share(images * positions_, 64, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            float* row = columns_.data() + i * reduced_;
            std::memset(row, 0, static_cast<std::size_t>(reduced_) * sizeof(float));
            const std::int64_t image = first + i / positions_;
            for_taps(work_, i % positions_, [&](int tap, int iy, int ix) {
                const float* from =
                    x + ((image * work_.in_h + iy) * work_.in_w + ix) * work_.in_channels + group * channels_;
                std::memcpy(row + tap * channels_, from, static_cast<std::size_t>(channels_) * sizeof(float));
            });
        }
    });
}

// Adds: several taps reach one input. Images are shared, so no two threads meet.
void Convolver::scatter(float* x, int group, std::int64_t first, std::int64_t images) const {
    share(images, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin * positions_; i < end * positions_; ++i) {
            const float* row = columns_.data() + i * reduced_;
            const std::int64_t image = first + i / positions_;
            for_taps(work_, i % positions_, [&](int tap, int iy, int ix) {
                float* to =
                    x + ((image * work_.in_h + iy) * work_.in_w + ix) * work_.in_channels + group * channels_;
                for (std::int64_t c = 0; c < channels_; ++c) to[c] += row[tap * channels_ + c];
            });
        }
    });
}

void Convolver::run(float* x, float* w, float* y) {
    using gpu::ConvolutionPass;
    const std::int64_t batch = work_.batch;
    if (work_.pass == ConvolutionPass::InputGradient) {
        const std::int64_t image = std::int64_t{work_.in_h} * work_.in_w * work_.in_channels;
        std::memset(x, 0, static_cast<std::size_t>(batch * image) * sizeof(float));
    }
    const bool grouped = work_.groups > 1;
    for (std::int64_t first = 0; first < batch; first += chunk_) {
        const std::int64_t images = std::min(chunk_, batch - first);
        const std::int64_t rows = images * positions_;
        for (int group = 0; group < work_.groups; ++group) {
            float* of_y = y + first * positions_ * work_.out_channels + group * outputs_;
            float* of_w = w + group * reduced_ * outputs_;
            float* part = grouped ? results_.data() : of_y;
            const auto move = [&](bool out) {  // between a group's channels of y and a matrix of its own
                if (!grouped) return;
                for (std::int64_t r = 0; r < rows; ++r) {
                    float* there = of_y + r * work_.out_channels;
                    float* here = part + r * outputs_;
                    if (out)
                        std::copy_n(here, outputs_, there);
                    else
                        std::copy_n(there, outputs_, here);
                }
            };
            if (work_.pass == ConvolutionPass::InputGradient) {
                move(false);
                blas_.multiply(rows, reduced_, outputs_, part, false, of_w, true, 0, columns_.data());
                scatter(x, group, first, images);
                continue;
            }
            gather(x, group, first, images);
            if (work_.pass == ConvolutionPass::Forward) {
                blas_.multiply(rows, outputs_, reduced_, columns_.data(), false, of_w, false, 0, part);
                move(true);
            } else {
                move(false);
                blas_.multiply(reduced_, outputs_, rows, columns_.data(), true, part, false,
                               first == 0 ? 0.0F : 1.0F, of_w);
            }
        }
    }
}

}  // namespace satsim::cpu
