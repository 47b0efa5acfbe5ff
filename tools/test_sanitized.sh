#!/usr/bin/env bash
# Builds everything that parses input with AddressSanitizer and UndefinedBehaviorSanitizer and runs its tests: networks, recipes,
# hardware files, sweeps, programs and their text, report documents, the fuzz corpora with random mutations, traces.
set -euo pipefail
cd "$(dirname "$0")/.."
tests=(workload_network_test workload_composition_test workload_step_test sample_test weights_test gpu_record_test hardware_test trace_test fuzz_program_replay_test fuzz_json_replay_test
       isa_program_test isa_checker_test sweep_test report_test fuzz_report_replay_test gpu_model_test trace_import_test fuzz_trace_replay_test)
preset=$(tools/sanitized_preset.sh)
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" --target "${tests[@]}"
pattern=$(IFS='|'; echo "^(${tests[*]})\$")
ctest --preset "$preset" -R "$pattern"
