// libsatsim_gpu.so as the program opens it, with the emulated GPU inside: tests/cli/test_train.py trains on
// it.
#include "runtime/gpu_record/meter.hpp"
#include "tests/unit/gpu_execute/emulated_executor.hpp"

extern "C" int satsim_gpu_interface() {
    return satsim::gpu::kModuleInterface;
}
extern "C" satsim::gpu::Executor* satsim_gpu_open_executor() {
    return new satsim::gpu::test::EmulatedExecutor;
}
