// The one thing that a measuring device must do. libsatsim_gpu.so brings the real one; nothing else in satsim
// measures.
#pragma once

#include "runtime/gpu_record/recording.hpp"
#include "runtime/support/error.hpp"

namespace satsim::gpu {

class NoKernel : public InputError {
  public:
    explicit NoKernel(const std::string& message) : InputError("GPU", "", message) {}
};

struct MeterSettings {
    int repetitions = 30;        // timed runs, after warm-up
    double energy_window_s = 1;  // of each piece of work; 0: no energy
    bool profile = true;         // name kernels, where CUPTI is found
};

class Meter {
  public:
    virtual ~Meter() = default;
    // Calibrates: seconds.
    [[nodiscard]] virtual MeasuredDevice device() = 0;
    // Whether it measures works that stand in the place of several tasks.
    [[nodiscard]] virtual Kernels kernels() const { return Kernels::Fused; }
    // `energy`: read it too, where it can be read and was asked for. Throws NoKernel where nothing runs the
    // work, InputError naming what else is missing or failed.
    [[nodiscard]] virtual Measurement measure(const Work& work, bool energy) = 0;
    // What its own time went into, a line for people; "" where it does not keep count.
    [[nodiscard]] virtual std::string account() const { return ""; }
};

// What the module exports, beside executor.hpp's. The interface's number changes with any header that it
// shares with satsim.
inline constexpr int kModuleInterface = 6;
inline constexpr const char* kModuleName = "libsatsim_gpu.so";
using ModuleInterface = int (*)();                   // "satsim_gpu_interface"
using OpenMeter = Meter* (*)(const MeterSettings&);  // "satsim_gpu_open"; throws InputError

}  // namespace satsim::gpu
