// A pass of a convolution on FP32 channels-last maps: im2col for as many images as fit a buffer, and
// products.
#pragma once

#include <vector>

#include "runtime/cpu/blas.hpp"
#include "runtime/gpu_record/work.hpp"

namespace satsim::cpu {

// x: [batch][in_h][in_w][in_channels]; w: [group][kernel_h*kernel_w*in/groups][out/groups];
// y: [batch][out_h][out_w][out_channels]. The pass's result is overwritten: y, x or w.
class Convolver {
  public:
    Convolver(const Blas& blas, const gpu::ConvolutionWork& work);
    void run(float* x, float* w, float* y);

  private:
    void gather(const float* x, int group, std::int64_t first, std::int64_t images);
    void scatter(float* x, int group, std::int64_t first, std::int64_t images) const;

    const Blas& blas_;
    gpu::ConvolutionWork work_;
    std::int64_t channels_ = 0;   // of a group
    std::int64_t outputs_ = 0;    // of a group
    std::int64_t positions_ = 0;  // of an image
    std::int64_t reduced_ = 0;    // kernel_h*kernel_w*channels_
    std::int64_t chunk_ = 1;      // images at a time
    std::vector<float> columns_;  // [chunk_*positions_][reduced_]
    std::vector<float> results_;  // [chunk_*positions_][outputs_], of one group of several
};

}  // namespace satsim::cpu
