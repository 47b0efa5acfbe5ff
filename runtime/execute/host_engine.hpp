// All tasks on the processor, by Eigen and plain loops; the one place where the arithmetic of every layer
// kind is written down.
//
// Real = float is the CPU: FP16 operands, FP32 arithmetic and accumulation in the library's own order, maps
// rounded to FP16 when they are written. Real = double is the reference: the same formulas, nothing rounded.
#pragma once

#include "runtime/execute/engine.hpp"

namespace satsim::execute {

template <typename Real>
class HostEngine : public Engine {
  public:
    [[nodiscard]] std::string name() const override { return sizeof(Real) == 8 ? "reference" : "cpu"; }
    [[nodiscard]] std::string refusal(const Task&) const override { return {}; }
    void gemm(const GemmWork& work) override;
    void vector(const VectorWork& work) override;
};

using CpuEngine = HostEngine<float>;
using ReferenceEngine = HostEngine<double>;

}  // namespace satsim::execute
