// The JSON objects that other programs read; docs/formats/compare.md is the contract.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/dispatch/step_result.hpp"

namespace satsim {

// One result: recipe, cycles, seconds, energy_j, dram_bytes, gemm_cycles, utilization, layers, and details.
[[nodiscard]] nlohmann::ordered_json result_json(const StepResult& result);

// `satsim run`: one result with network, batch and clock in front.
[[nodiscard]] nlohmann::ordered_json run_json(const StepResult& result);

// `satsim compare`: both results and their ratios.
[[nodiscard]] nlohmann::ordered_json compare_json(const StepResult& baseline, const StepResult& result);

// `satsim run --gemm`: `cycles` at the top.
[[nodiscard]] nlohmann::ordered_json gemm_json(const TaskResult& task, double clock_hz,
                                               std::int64_t peak_macs);

[[nodiscard]] nlohmann::ordered_json energy_json(const energy::Report& report);

// {bytes, capacity, activations, ...}
[[nodiscard]] nlohmann::ordered_json memory_json(const MemoryFit& plan);

// baseline over result; of whole steps and of the GEMM tasks alone.
[[nodiscard]] double speedup(const StepResult& baseline, const StepResult& result);
[[nodiscard]] double gemm_speedup(const StepResult& baseline, const StepResult& result);
// What gemm_speedup() could be if only arithmetic counted: each step's MACs dense over MACs issued, in ratio.
[[nodiscard]] double arithmetic_speedup(const StepResult& baseline, const StepResult& result);

}  // namespace satsim
