#include "runtime/gpu/device/dynamic_library.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <sstream>

namespace satsim::gpu {

DynamicLibrary::DynamicLibrary(std::initializer_list<const char*> names) {
    const char* folders = std::getenv("SATSIM_GPU_LIBRARIES");
    for (const char* name : names) {
        std::istringstream list(folders == nullptr ? "" : folders);
        for (std::string folder; handle_ == nullptr && std::getline(list, folder, ':');)
            handle_ = ::dlopen((folder + "/" + name).c_str(), RTLD_NOW | RTLD_GLOBAL);
        if (handle_ == nullptr) handle_ = ::dlopen(name, RTLD_NOW | RTLD_GLOBAL);
        if (handle_ != nullptr) return;
    }
    fault_ = std::string(*names.begin()) + " not found";
}

void* DynamicLibrary::symbol(const char* name) {
    void* found = handle_ == nullptr ? nullptr : ::dlsym(handle_, name);
    if (found == nullptr && fault_.empty()) {
        fault_ = std::string("has no function ") + name;
        handle_ = nullptr;
    }
    return found;
}

}  // namespace satsim::gpu
