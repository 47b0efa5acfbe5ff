// The real measuring device: runs every contender of a piece of work, keeps the fastest, measures its energy.
#pragma once

#include <memory>
#include <string>
#include <vector>

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
    [[nodiscard]] Measurement measure(const Work& work, bool energy) override;
    [[nodiscard]] std::string account() const override;

    [[nodiscard]] Libraries& libraries() { return *libraries_; }

  private:
    // Times every contender; nullptr: none of them runs.
    const Contender* time_all(const std::vector<Contender>& list, Measurement& measurement);
    void measure_energy(const Contender& winner, Measurement& measurement);

    // Seconds of the host's clock spent on each part of measuring.
    struct Spent {
        double preparing = 0;
        double timing = 0;
        double energy = 0;
        double naming = 0;
    };

    MeterSettings settings_;
    std::unique_ptr<Libraries> libraries_;
    std::unique_ptr<PowerMeter> power_;
    std::unique_ptr<Profiler> profiler_;  // nullptr: not asked for
    Spent spent_;
    bool counts_energy_ = false;  // asked for, and the counter is not known to stand still
};

}  // namespace satsim::gpu
