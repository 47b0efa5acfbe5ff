#include "runtime/gpu_record/module.hpp"

#include <dlfcn.h>

#include "runtime/support/error.hpp"

namespace satsim::gpu {
namespace {

// Through the driver alone, which a machine with a device has and one without has not.
void require_device(const std::string& asked, const std::string& expected) {
    void* driver = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (driver == nullptr)
        throw InputError(asked, "", "no NVIDIA driver here (libcuda.so.1), expected " + expected);
    const auto init = reinterpret_cast<int (*)(unsigned)>(::dlsym(driver, "cuInit"));
    const auto count_of = reinterpret_cast<int (*)(int*)>(::dlsym(driver, "cuDeviceGetCount"));
    int count = 0;
    if (init == nullptr || count_of == nullptr || init(0) != 0 || count_of(&count) != 0 || count == 0)
        throw InputError(asked, "", "the NVIDIA driver finds no device, expected " + expected);
}

}  // namespace

void* module_function(const char* function, const std::string& asked, const std::string& expected,
                      const std::vector<std::filesystem::path>& folders) {
    require_device(asked, expected);
    std::filesystem::path file;
    std::error_code code;
    for (const std::filesystem::path& folder : folders) {
        if (file.empty() && std::filesystem::exists(folder / kModuleName, code)) file = folder / kModuleName;
    }
    if (file.empty())
        throw InputError(
            asked, "",
            std::string("no ") + kModuleName +
                " beside satsim: this build has no CUDA backend, expected one configured where CUDA 12 "
                "or later is found");
    // Never closed: CUDA's own state outlives whatever is freed here.
    void* module = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) throw InputError(asked, "", std::string("cannot be loaded: ") + ::dlerror());
    const auto interface = reinterpret_cast<ModuleInterface>(::dlsym(module, "satsim_gpu_interface"));
    void* found = ::dlsym(module, function);
    if (interface == nullptr || found == nullptr || interface() != kModuleInterface)
        throw InputError(asked, "", file.string() + " is of another build of satsim");
    return found;
}

std::unique_ptr<Meter> open_meter(const MeterSettings& settings,
                                  const std::vector<std::filesystem::path>& folders) {
    const auto open = reinterpret_cast<OpenMeter>(
        module_function("satsim_gpu_open", "--target gpu", "a machine with a GPU or gpu:FILE", folders));
    return std::unique_ptr<Meter>(open(settings));
}

}  // namespace satsim::gpu
