// In the place of profiler.cpp where CUPTI's headers were missing when satsim was built.
#include "runtime/gpu/device/profiler.hpp"

namespace satsim::gpu {

struct Profiler::Library {};

Profiler::Profiler() = default;
Profiler::~Profiler() = default;
bool Profiler::works() const {
    return false;
}
std::string Profiler::fault() const {
    return "this build has no CUPTI: its headers were missing";
}
std::string Profiler::version() const {
    return "";
}
std::vector<KernelTime> Profiler::kernels_of(const std::function<void()>&) {
    return {};
}

}  // namespace satsim::gpu
