// What runtime/gpu_record/module.cpp looks for in libsatsim_gpu.so.
#include "runtime/gpu/device/cuda_meter.hpp"

extern "C" int satsim_gpu_interface() {
    return satsim::gpu::kModuleInterface;
}
extern "C" satsim::gpu::Meter* satsim_gpu_open(const satsim::gpu::MeterSettings& settings) {
    return new satsim::gpu::CudaMeter(settings);
}
