#include "runtime/gpu_execute/operands.hpp"

#include "runtime/numerics/fp16.hpp"

namespace satsim::execute {

Halves as_halves(std::span<const double> values) {
    Halves halves(values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        halves[i] = numerics::to_fp16(static_cast<float>(values[i])).bits;
    return halves;
}

void from_halves(std::span<const std::uint16_t> halves, double* to) {
    for (const std::uint16_t bits : halves) *to++ = numerics::to_float(Fp16{bits});
}

}  // namespace satsim::execute
