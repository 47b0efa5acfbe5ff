#include "Vsat_core_4x16.h"
#include "sim/rtl/verilated_core.hpp"

namespace satsim::sim::rtl {

std::unique_ptr<RtlModel> make_model_4x16() {
    return std::make_unique<VerilatedCore<Vsat_core_4x16>>();
}

}  // namespace satsim::sim::rtl
