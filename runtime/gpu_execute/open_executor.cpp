#include "runtime/gpu_execute/open_executor.hpp"

#include "runtime/gpu_record/module.hpp"

namespace satsim::gpu {

std::unique_ptr<Executor> open_executor(const std::string& asked,
                                        const std::vector<std::filesystem::path>& folders) {
    const auto open = reinterpret_cast<OpenExecutor>(
        module_function("satsim_gpu_open_executor", asked, "a machine with a GPU", folders));
    return std::unique_ptr<Executor>(open());
}

}  // namespace satsim::gpu
