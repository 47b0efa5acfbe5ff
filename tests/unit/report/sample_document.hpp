// A small report document with every field that a page needs, and the results it is made of.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "runtime/dispatch/step_result.hpp"
#include "runtime/hardware/hardware.hpp"

namespace satsim::report {

[[nodiscard]] Hardware sample_hardware();
// One GEMM, one vector task, one transfer; STCE was recorded in the GEMM.
[[nodiscard]] StepResult sample_result(const std::string& recipe);
// "run", "compare", "targets" (without a machine of SAT's), "reproduce" or "sweep".
[[nodiscard]] nlohmann::ordered_json sample_document(const std::string& kind);

}  // namespace satsim::report
