// satsim run --gemm M,N,K --target: one product on several machines, side by side.
#pragma once

#include <string>

#include "host/compare/compare_targets.hpp"

namespace satsim::host {

// `sizes`: M,N,K as --gemm has them; `arguments.recipe`: the pattern, which is its own baseline. Prints a
// line a target and writes trace and report. Exit code 0; throws InputError for a target that is neither sat
// nor a gpu-model, and for operands that do not fit one.
int run_gemm_targets(const ComparisonArguments& arguments, const std::string& sizes);

}  // namespace satsim::host
