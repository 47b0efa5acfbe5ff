#include "Vsat_core_8x8.h"
#include "sim/rtl/verilated_core.hpp"

namespace satsim::sim::rtl {

std::unique_ptr<RtlModel> make_model_8x8() {
    return std::make_unique<VerilatedCore<Vsat_core_8x8>>();
}

}  // namespace satsim::sim::rtl
