// VEC for the functional SAT: plugs execute_vector() into functional::VectorUnit.
#pragma once

#include "runtime/functional/vector_unit.hpp"
#include "runtime/vector/execute.hpp"

namespace satsim::vector {

class VectorEngine : public functional::VectorUnit {
  public:
    explicit VectorEngine(const isa::ArrayConfig& config) : cmem_(lanes(config)) {}

    // Throws InputError naming the instruction for parameters out of range.
    void execute(const functional::Operation& op, functional::OnChipState& state) override;

  private:
    CoefficientMemory cmem_;
};

}  // namespace satsim::vector
