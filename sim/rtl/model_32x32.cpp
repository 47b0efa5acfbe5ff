#include "Vsat_core_32x32.h"
#include "sim/rtl/verilated_core.hpp"

namespace satsim::sim::rtl {

std::unique_ptr<RtlModel> make_model_32x32() {
    return std::make_unique<VerilatedCore<Vsat_core_32x32>>();
}

}  // namespace satsim::sim::rtl
