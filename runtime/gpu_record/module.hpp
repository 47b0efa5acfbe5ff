// Opens libsatsim_gpu.so where there is a device. satsim links nothing of CUDA.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runtime/gpu_record/meter.hpp"

namespace satsim::gpu {

// Looks for the module in `folders`, in their order. Throws InputError ("--target gpu: ...") that names what
// is missing: the driver, a device, the module (a build without CUDA), or a module of another build.
[[nodiscard]] std::unique_ptr<Meter> open_meter(const MeterSettings& settings,
                                                const std::vector<std::filesystem::path>& folders);

// A function that the module exports, never null. `asked`: what needs a GPU, the errors' place; `expected`:
// what they ask for where there is none.
[[nodiscard]] void* module_function(const char* function, const std::string& asked,
                                    const std::string& expected,
                                    const std::vector<std::filesystem::path>& folders);

}  // namespace satsim::gpu
