#include "Vsat_top_4x4.h"
#include "tests/unit/rtl_top/verilated_top.hpp"

namespace satsim::rtl_top {

std::unique_ptr<TopBench> make_top_4x4(int seed) {
    return std::make_unique<VerilatedTop<Vsat_top_4x4>>(seed, 1);
}

}  // namespace satsim::rtl_top
