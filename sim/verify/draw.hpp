// One seed, one case.
#pragma once

#include "sim/verify/case.hpp"
#include "sim/verify/kinds.hpp"

namespace satsim::verify {

struct Draw {
    Case found;
    int refused = 0;  // earlier draws of this seed that no program of the array's memories could hold
};

// Throws std::logic_error when draw after draw is refused: nothing of this kind fits.
[[nodiscard]] Draw draw_case(const Kind& kind, const isa::ArrayConfig& array, std::uint64_t seed);

}  // namespace satsim::verify
