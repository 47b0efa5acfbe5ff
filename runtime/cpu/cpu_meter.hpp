// This machine's processor as a measuring device: `--target cpu`. Arithmetic is FP32, as a program without a
// GPU trains; a CPU of the x86-64 baseline has none for FP16. Weights that are pruned are multiplied as
// zeros.
#pragma once

#include "runtime/cpu/blas.hpp"
#include "runtime/cpu/rapl.hpp"
#include "runtime/gpu_record/meter.hpp"

namespace satsim::cpu {

class CpuMeter : public gpu::Meter {
  public:
    // Throws InputError where OpenBLAS is missing.
    explicit CpuMeter(const gpu::MeterSettings& settings);

    [[nodiscard]] gpu::MeasuredDevice device() override;
    // Its library has products alone.
    [[nodiscard]] gpu::Kernels kernels() const override { return gpu::Kernels::Separate; }
    [[nodiscard]] gpu::Measurement measure(const gpu::Work& work, bool energy) override;

  private:
    gpu::MeterSettings settings_;
    Blas blas_;
    Rapl rapl_;
};

}  // namespace satsim::cpu
