#!/usr/bin/env bash
# Builds the fuzz targets (clang, libFuzzer, AddressSanitizer, UBSan) and runs each for some seconds from its corpus: network,
# recipe, sample, corpus, hardware, GPU and sweep files, placements, traces, report documents, ONNX models, files of weights, program files, program texts. New inputs stay in build/fuzz/found/; one that breaks a property ends
# the run and is named. Usage: tools/test_fuzz.sh [SECONDS]    (10 a target by default)
# SATSIM_FUZZ_SEED: another sequence of inputs than CI's; 0 for a new one each time.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
if [ "$(tools/sanitized_preset.sh)" != fuzz ]; then
  echo "test_fuzz: skipped: clang++ with libFuzzer is missing (clang, libclang-rt-14-dev)"
  exit 0
fi
# NAME:CORPUS[,CORPUS...]:SCHEMA, a dictionary being made of the schema
targets=(fuzz_network:tests/fuzz/json/corpus/network,models/networks:network
         fuzz_recipe:tests/fuzz/json/corpus/recipe,models/recipes:recipe
         fuzz_placement:tests/fuzz/json/corpus/placement:placement
         fuzz_sample:tests/fuzz/json/corpus/sample:
         fuzz_corpus:models/corpora:corpus
         fuzz_hardware:models/hardware:hardware
         fuzz_gpu:models/gpus:gpu
         fuzz_recording:tests/fuzz/json/corpus/recording:gpu-recording
         fuzz_trace:tests/fuzz/trace/corpus:
         fuzz_sweep:tests/fuzz/json/corpus/sweep,models/sweeps:sweep
         fuzz_report:tests/fuzz/report/corpus:
         fuzz_onnx:tests/unit/onnx/models:
         fuzz_weights:tests/fuzz/weights/corpus:
         fuzz_program_file:tests/fuzz/program/corpus:
         fuzz_program_text:tests/fuzz/program/corpus:)
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target "${targets[@]%%:*}"
# Two at a time or more, one a core; the first that breaks a property is named, and ends the run when the others have ended.
fuzz() {
  local name corpora schema found log
  IFS=: read -r name corpora schema <<<"$1"
  found=build/fuzz/found/$name
  log=build/fuzz/$name.log
  mkdir -p "$found"
  local options=(-seed="${SATSIM_FUZZ_SEED:-1}" -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$found-broken-" -print_final_stats=1)
  if [ -n "$schema" ]; then
    python3 tests/fuzz/json/dictionary.py "models/schemas/$schema.schema.json" >"build/fuzz/$name.dict"
    options+=(-dict="build/fuzz/$name.dict")
  fi
  if ! "build/fuzz/$name" "${options[@]}" "$found" ${corpora//,/ } >"$log" 2>&1; then
    tail -40 "$log"
    echo "test_fuzz: $name broke a property; see $log and $found-broken-*" >&2
    return 1
  fi
  echo "test_fuzz: $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s, nothing found"
}
export -f fuzz
export seconds
printf '%s\0' "${targets[@]}" | xargs -0 -P "$(nproc)" -I{} bash -euo pipefail -c 'fuzz "$1"' _ {}
