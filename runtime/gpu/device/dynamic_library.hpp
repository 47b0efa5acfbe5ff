// A shared library that may be missing, opened at run time.
#pragma once

#include <initializer_list>
#include <string>

namespace satsim::gpu {

class DynamicLibrary {
  public:
    // Opens the first of `names` that is found: in the folders of SATSIM_GPU_LIBRARIES (separated by colons;
    // Python's packages keep theirs where no loader looks), then where the loader looks.
    explicit DynamicLibrary(std::initializer_list<const char*> names);
    DynamicLibrary(const DynamicLibrary&) = delete;
    DynamicLibrary& operator=(const DynamicLibrary&) = delete;

    explicit operator bool() const { return handle_ != nullptr; }
    // Why it is not there.
    [[nodiscard]] const std::string& fault() const { return fault_; }

    // Sets `function` to `name`; remembers a missing one as the fault and closes nothing: libraries stay
    // open.
    template <class Function>
    void get(const char* name, Function& function) {
        function = reinterpret_cast<Function>(symbol(name));
    }

  private:
    void* symbol(const char* name);

    void* handle_ = nullptr;
    std::string fault_;
};

}  // namespace satsim::gpu
