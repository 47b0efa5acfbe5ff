// What runtime/gpu_record/module.cpp and runtime/gpu_execute/open_executor.cpp look for in libsatsim_gpu.so.
#include "runtime/gpu/device/cuda_executor.hpp"
#include "runtime/gpu/device/cuda_meter.hpp"

extern "C" int satsim_gpu_interface() {
    return satsim::gpu::kModuleInterface;
}
extern "C" satsim::gpu::Meter* satsim_gpu_open(const satsim::gpu::MeterSettings& settings) {
    return new satsim::gpu::CudaMeter(settings);
}
extern "C" satsim::gpu::Executor* satsim_gpu_open_executor() {
    return new satsim::gpu::CudaExecutor();
}
