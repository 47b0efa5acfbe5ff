// By itself, since the CUDA module needs it and nothing else of the model.
#include "runtime/gpu_model/gemm_model.hpp"

namespace satsim::gpu {

bool contained_in_2_4(const NmPattern& nm) {
    if (nm.m == 2) return nm.n == 1;
    return nm.m % 4 == 0 && nm.n <= 2;
}

}  // namespace satsim::gpu
