#include "runtime/gpu_model/basis.hpp"

namespace satsim::gpu {

const char* to_string(Basis basis) {
    return basis == Basis::Fitted ? "fitted" : "assumed";
}

// `gpu fit` writes it so (runtime/gpu_record/fit.cpp).
Basis basis_of(const Figure& figure) {
    return figure.source.starts_with("fitted to ") ? Basis::Fitted : Basis::Assumed;
}

Basis basis_of_times(const Device& device) {
    return basis_of(device.kernels.memory_efficiency);
}

Basis basis_of_joules(const Device& device) {
    const Basis flop = basis_of(device.power.tensor_flop);
    return flop == basis_of(device.power.dram_byte) ? flop : Basis::Assumed;
}

}  // namespace satsim::gpu
