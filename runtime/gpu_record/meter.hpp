// The one thing that a measuring device must do. libsatsim_gpu.so brings the real one; nothing else in satsim
// measures.
#pragma once

#include "runtime/gpu_record/recording.hpp"

namespace satsim::gpu {

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
    // `energy`: read it too, where it can be read and was asked for. Throws InputError naming what is missing
    // or failed.
    [[nodiscard]] virtual Measurement measure(const Work& work, bool energy) = 0;
    // What its own time went into, a line for people; "" where it does not keep count.
    [[nodiscard]] virtual std::string account() const { return ""; }
};

// What the module exports, beside executor.hpp's. The interface's number changes with any header that it
// shares with satsim.
inline constexpr int kModuleInterface = 4;
inline constexpr const char* kModuleName = "libsatsim_gpu.so";
using ModuleInterface = int (*)();                   // "satsim_gpu_interface"
using OpenMeter = Meter* (*)(const MeterSettings&);  // "satsim_gpu_open"; throws InputError

}  // namespace satsim::gpu
