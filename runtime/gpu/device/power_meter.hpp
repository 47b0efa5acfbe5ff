// Energy of the board from NVML's counter, opened at run time with the few declarations that are needed.
//
// The counter moves every 20 to 100 ms (100 ms on an H100). So work is repeated while a thread watches it,
// and only what lies between two of its steps is counted: the first seen after the start and the last before
// the end. A reading takes some milliseconds, so a single interval of 100 ms is known to a few percent.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "runtime/gpu/device/dynamic_library.hpp"

namespace satsim::gpu {

// Between two steps of the counter.
struct PowerReading {
    double joules = 0;
    double seconds = 0;
};

class PowerMeter {
  public:
    // Of the device with this PCI address ("0000:01:00.0").
    explicit PowerMeter(const std::string& pci_address);

    [[nodiscard]] bool works() const { return device_ != nullptr; }
    [[nodiscard]] std::string fault() const { return library_.fault(); }
    [[nodiscard]] std::string driver() const;
    // Hz; 0 where not known. domain 1: SM, 2: memory.
    [[nodiscard]] double clock_hz(int domain) const;
    [[nodiscard]] double limit_watts() const;
    // While `work` is called again and again for at least `window_s`, up to a second longer until the counter
    // has moved twice; nothing when it did not. `work` should leave the device busy when it returns.
    [[nodiscard]] std::optional<PowerReading> during(const std::function<void()>& work, double window_s);
    // W while nothing runs, over `window_s`.
    [[nodiscard]] std::optional<double> idle_watts(double window_s);

  private:
    [[nodiscard]] std::optional<unsigned long long> millijoules() const;

    DynamicLibrary library_{"libnvidia-ml.so.1", "libnvidia-ml.so"};
    void* device_ = nullptr;
    static constexpr double kUnknown = 1e9;
    double interval_s_ = kUnknown;  // the shortest seen between two steps of the counter
    int (*energy_)(void*, unsigned long long*) = nullptr;
    int (*clock_)(void*, int, unsigned*) = nullptr;
    int (*limit_)(void*, unsigned*) = nullptr;
    int (*driver_)(char*, unsigned) = nullptr;
};

}  // namespace satsim::gpu
