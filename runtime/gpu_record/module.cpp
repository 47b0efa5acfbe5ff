#include "runtime/gpu_record/module.hpp"

#include <dlfcn.h>

#include "runtime/support/error.hpp"

namespace satsim::gpu {
namespace {

constexpr const char* kTarget = "--target gpu";

// Through the driver alone, which a machine with a device has and one without has not.
void require_device() {
    void* driver = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (driver == nullptr)
        throw InputError(kTarget, "",
                         "no NVIDIA driver here (libcuda.so.1), expected a machine with a GPU or gpu:FILE");
    const auto init = reinterpret_cast<int (*)(unsigned)>(::dlsym(driver, "cuInit"));
    const auto count_of = reinterpret_cast<int (*)(int*)>(::dlsym(driver, "cuDeviceGetCount"));
    int count = 0;
    if (init == nullptr || count_of == nullptr || init(0) != 0 || count_of(&count) != 0 || count == 0)
        throw InputError(kTarget, "",
                         "the NVIDIA driver finds no device, expected a machine with a GPU or gpu:FILE");
}

}  // namespace

std::unique_ptr<Meter> open_meter(const MeterSettings& settings,
                                  const std::vector<std::filesystem::path>& folders) {
    require_device();
    std::filesystem::path file;
    std::error_code code;
    for (const std::filesystem::path& folder : folders) {
        if (file.empty() && std::filesystem::exists(folder / kModuleName, code)) file = folder / kModuleName;
    }
    if (file.empty())
        throw InputError(
            kTarget, "",
            std::string("no ") + kModuleName +
                " beside satsim: this build has no CUDA backend, expected one configured where CUDA 12 "
                "or later is found");
    // Never closed: CUDA's own state outlives whatever is freed here.
    void* module = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) throw InputError(kTarget, "", std::string("cannot be loaded: ") + ::dlerror());
    const auto interface = reinterpret_cast<ModuleInterface>(::dlsym(module, "satsim_gpu_interface"));
    const auto open = reinterpret_cast<OpenMeter>(::dlsym(module, "satsim_gpu_open"));
    if (interface == nullptr || open == nullptr || interface() != kModuleInterface)
        throw InputError(kTarget, "", file.string() + " is of another build of satsim");
    return std::unique_ptr<Meter>(open(settings));
}

}  // namespace satsim::gpu
