// Sizes that the models can compute with and the RTL cannot be built with.
#pragma once

#include <string>

#include "runtime/isa/program.hpp"

namespace satsim {

// Why the accelerator cannot be built with these sizes, as the RTL's own checks have it; empty: it can.
[[nodiscard]] std::string unbuildable(const isa::ArrayConfig& array);

}  // namespace satsim
