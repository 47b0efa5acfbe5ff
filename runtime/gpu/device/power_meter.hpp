// Energy of the board from NVML's counter, opened at run time with the few declarations that are needed.
//
// The counter moves every 20 to 100 ms. So work is repeated, the counter is read between batches, and only
// what lies between two of its steps is counted: the first seen after the start and the last before the end.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "runtime/gpu/device/dynamic_library.hpp"

namespace satsim::gpu {

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
    // Joules of one run of those that `batch` makes (it returns how many, and returns when they are done),
    // over at least `window_s`; nothing when the counter did not move twice.
    [[nodiscard]] std::optional<double> joules_of(const std::function<int()>& batch, double window_s) const;
    // W while nothing runs, over `window_s`.
    [[nodiscard]] std::optional<double> idle_watts(double window_s) const;

  private:
    [[nodiscard]] std::optional<unsigned long long> millijoules() const;

    DynamicLibrary library_{"libnvidia-ml.so.1", "libnvidia-ml.so"};
    void* device_ = nullptr;
    int (*energy_)(void*, unsigned long long*) = nullptr;
    int (*clock_)(void*, int, unsigned*) = nullptr;
    int (*limit_)(void*, unsigned*) = nullptr;
    int (*driver_)(char*, unsigned) = nullptr;
};

}  // namespace satsim::gpu
