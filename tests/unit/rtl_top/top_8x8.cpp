#include "Vsat_top_8x8.h"
#include "tests/unit/rtl_top/verilated_top.hpp"

namespace satsim::rtl_top {

std::unique_ptr<TopBench> make_top_8x8(int seed) {
    return std::make_unique<VerilatedTop<Vsat_top_8x8>>(seed, 2);
}

}  // namespace satsim::rtl_top
