#include "runtime/gpu/device/power_meter.hpp"

#include <array>
#include <chrono>
#include <thread>

namespace satsim::gpu {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

PowerMeter::PowerMeter(const std::string& pci_address) {
    int (*init)() = nullptr;
    int (*find)(const char*, void**) = nullptr;
    library_.get("nvmlInit_v2", init);
    library_.get("nvmlDeviceGetHandleByPciBusId_v2", find);
    library_.get("nvmlDeviceGetTotalEnergyConsumption", energy_);
    library_.get("nvmlDeviceGetClockInfo", clock_);
    library_.get("nvmlDeviceGetEnforcedPowerLimit", limit_);
    library_.get("nvmlSystemGetDriverVersion", driver_);
    if (!library_ || init() != 0 || find(pci_address.c_str(), &device_) != 0) device_ = nullptr;
}

std::string PowerMeter::driver() const {
    std::array<char, 96> text{};
    if (device_ == nullptr || driver_(text.data(), static_cast<unsigned>(text.size())) != 0) return "";
    return text.data();
}

double PowerMeter::clock_hz(int domain) const {
    unsigned megahertz = 0;
    if (device_ == nullptr || clock_(device_, domain, &megahertz) != 0) return 0;
    return megahertz * 1e6;
}

double PowerMeter::limit_watts() const {
    unsigned milliwatts = 0;
    if (device_ == nullptr || limit_(device_, &milliwatts) != 0) return 0;
    return milliwatts * 1e-3;
}

std::optional<unsigned long long> PowerMeter::millijoules() const {
    unsigned long long value = 0;
    if (device_ == nullptr || energy_(device_, &value) != 0) return std::nullopt;
    return value;
}

std::optional<double> PowerMeter::joules_of(const std::function<int()>& batch, double window_s) const {
    auto last = millijoules();
    if (!last) return std::nullopt;
    struct Step {
        unsigned long long millijoules = 0;
        long long runs = 0;
    };
    std::optional<Step> first;
    Step latest;
    long long runs = 0;
    const auto begin = Clock::now();
    constexpr double kPatience = 4;  // windows, for a counter that hardly moves
    while (since(begin) < window_s ||
           (since(begin) < kPatience * window_s && (!first || latest.runs == first->runs))) {
        runs += batch();
        const auto now = millijoules();
        if (!now || *now == *last) continue;
        last = now;
        latest = {*now, runs};
        if (!first) first = latest;
    }
    if (!first || latest.runs == first->runs) return std::nullopt;
    return static_cast<double>(latest.millijoules - first->millijoules) * 1e-3 /
           static_cast<double>(latest.runs - first->runs);
}

std::optional<double> PowerMeter::idle_watts(double window_s) const {
    // A "run" is a millisecond of nothing.
    const auto joules = joules_of(
        [] {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            return 1;
        },
        window_s);
    if (!joules) return std::nullopt;
    // Sleeping takes longer than asked: the share of it is found by the clock.
    const auto begin = Clock::now();
    constexpr int kSleeps = 50;
    for (int i = 0; i < kSleeps; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return *joules / (since(begin) / kSleeps);
}

}  // namespace satsim::gpu
