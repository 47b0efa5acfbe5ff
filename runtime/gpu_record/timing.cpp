#include "runtime/gpu_record/timing.hpp"

#include <algorithm>

namespace satsim::gpu {

TimingConvention timing_of(const Recording& recording) {
    constexpr const char* kReplays = "replays of a CUDA graph";  // runtime/gpu/device/cuda_meter.cpp
    const bool replays = recording.device.time_method.find(kReplays) != std::string::npos ||
                         std::ranges::any_of(recording.measurements, [](const auto& entry) {
                             return entry.second.called_seconds.has_value();
                         });
    return replays ? TimingConvention::GraphReplays : TimingConvention::Calls;
}

}  // namespace satsim::gpu
