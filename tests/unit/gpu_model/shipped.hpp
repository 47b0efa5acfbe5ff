// The device files that come along.
#pragma once

#include <string>
#include <vector>

#include "runtime/gpu_model/device.hpp"

namespace satsim::gpu {

inline const std::vector<std::string> kShipped = {
    "rtx2080ti", "jetson-agx-xavier", "jetson-agx-orin", "a100", "h100", "h200"};

inline std::string path_of(const std::string& name) {
    return SATSIM_SOURCE_DIR "/models/gpus/" + name + ".json";
}

inline Device shipped(const std::string& name) {
    return load_device(path_of(name));
}

}  // namespace satsim::gpu
