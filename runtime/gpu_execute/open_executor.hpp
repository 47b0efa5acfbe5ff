// The real GPU, from libsatsim_gpu.so.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runtime/gpu_execute/executor.hpp"

namespace satsim::gpu {

// Looks for the module in `folders`, in their order. Throws InputError ("`asked`: ...") that names what is
// missing, as open_meter() does; `asked` is what wants a GPU ("--engine gpu").
[[nodiscard]] std::unique_ptr<Executor> open_executor(const std::string& asked,
                                                      const std::vector<std::filesystem::path>& folders);

}  // namespace satsim::gpu
