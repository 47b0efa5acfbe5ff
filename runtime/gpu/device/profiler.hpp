// Names and times of kernels, by the activity records of CUPTI, where its library is found at run time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/gpu_record/recording.hpp"

namespace satsim::gpu {

class Profiler {
  public:
    Profiler();
    ~Profiler();
    Profiler(const Profiler&) = delete;
    Profiler& operator=(const Profiler&) = delete;

    [[nodiscard]] bool works() const;
    [[nodiscard]] std::string fault() const;
    [[nodiscard]] std::string version() const;

    // Kernels that `run` queues and waits for, in the order of their starts. Empty where CUPTI does not work.
    [[nodiscard]] std::vector<KernelTime> kernels_of(const std::function<void()>& run);

  private:
    struct Library;
    std::unique_ptr<Library> library_;
};

}  // namespace satsim::gpu
