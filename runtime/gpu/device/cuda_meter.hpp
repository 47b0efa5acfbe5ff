// The real measuring device: runs every contender of a piece of work, keeps the fastest, measures its energy.
#pragma once

#include <memory>

#include "runtime/gpu/device/candidates.hpp"
#include "runtime/gpu/device/power_meter.hpp"
#include "runtime/gpu/device/profiler.hpp"
#include "runtime/gpu_record/meter.hpp"

namespace satsim::gpu {

class CudaMeter : public Meter {
  public:
    // Takes device 0. Throws InputError where CUDA finds none.
    explicit CudaMeter(const MeterSettings& settings);

    [[nodiscard]] MeasuredDevice device() override;
    [[nodiscard]] Measurement measure(const Work& work) override;

    [[nodiscard]] Libraries& libraries() { return *libraries_; }

  private:
    void measure_energy(const Contender& winner, Measurement& measurement);

    MeterSettings settings_;
    std::unique_ptr<Libraries> libraries_;
    std::unique_ptr<PowerMeter> power_;
    std::unique_ptr<Profiler> profiler_;  // nullptr: not asked for
};

}  // namespace satsim::gpu
