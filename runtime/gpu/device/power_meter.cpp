#include "runtime/gpu/device/power_meter.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

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

std::optional<PowerReading> PowerMeter::during(const std::function<void()>& work, double window_s) {
    struct Step {
        double seconds = 0;
        unsigned long long millijoules = 0;
    };
    const auto at_first = millijoules();
    if (!at_first) return std::nullopt;
    const auto begin = Clock::now();
    std::vector<Step> steps;
    std::atomic<int> seen = 0;
    constexpr double kBetween = 200e-6;  // s between readings
    // On a thread of its own: reading takes milliseconds, in which the device would run dry.
    std::jthread watcher([&](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any asked_to_stop;
        const auto pause = [&](double seconds) {
            std::unique_lock lock(mutex);
            asked_to_stop.wait_for(lock, stop, std::chrono::duration<double>(seconds), [] { return false; });
        };
        unsigned long long last = *at_first;
        double before = 0;
        while (!stop.stop_requested()) {
            const auto now = millijoules();
            const double seconds = since(begin);
            if (now && *now != last) {
                const double between = (before + seconds) / 2;
                if (!steps.empty()) interval_s_ = std::min(interval_s_, between - steps.back().seconds);
                steps.push_back({between, *now});
                last = *now;
                ++seen;
                // Readings hold the driver up: none until the next step is near.
                if (interval_s_ < kUnknown) pause(interval_s_ * 0.8);
            }
            before = since(begin);
            pause(kBetween);
        }
    });
    constexpr double kPatience = 1;  // s, for a counter that hardly moves
    while (since(begin) < window_s || (seen < 2 && since(begin) < window_s + kPatience)) work();
    watcher.request_stop();
    watcher.join();
    if (steps.size() < 2) return std::nullopt;
    return PowerReading{static_cast<double>(steps.back().millijoules - steps.front().millijoules) * 1e-3,
                        steps.back().seconds - steps.front().seconds};
}

std::optional<double> PowerMeter::idle_watts(double window_s) {
    const auto reading = during([] { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }, window_s);
    if (!reading) return std::nullopt;
    return reading->joules / reading->seconds;
}

}  // namespace satsim::gpu
