#!/usr/bin/env bash
# On a machine with a GPU: builds the preset `gpu`, runs every GPU test, the kernel benchmarks, and records the traces of all
# networks, in at most eight minutes. Every stage has its own limit, log and result; one that fails does not stop the next.
# Usage: tools/gpu_suite/run.sh [OUTPUT]        (default: out/gpu_suite)
#   needs CUDA 12 or later, CMake 3.25, ninja, a C++20 compiler, Python 3, and build/gpu-headers (carry_headers.sh)
# OUTPUT: summary.txt (a line a stage), logs/, bench.json, traces/NETWORK.json, and all of it in gpu_suite.tar.gz.
# SATSIM_SUITE_BUILT=1: build/gpu holds what was built elsewhere, and is used as it is.
# Exit code 0: every stage succeeded; 1: see summary.txt.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
out=$(mkdir -p "${1:-out/gpu_suite}" && cd "${1:-out/gpu_suite}" && pwd)
mkdir -p "$out/logs" "$out/traces"
rm -f "$out"/traces/*.json "$out"/logs/*.log # of a run before
: >"$out/summary.txt"
started=$SECONDS
total=${SATSIM_SUITE_SECONDS:-470}
failed=0

# stage NAME LIMIT COMMAND...: no longer than LIMIT seconds, nor than what is left of the whole.
stage() {
  local name=$1 limit=$2 begin=$SECONDS rc left
  shift 2
  left=$((total - (SECONDS - started)))
  if [ "$left" -lt 5 ]; then
    printf '%-28s skipped: no time left\n' "$name" | tee -a "$out/summary.txt"
    failed=1
    return 1
  fi
  [ "$limit" -gt "$left" ] && limit=$left
  timeout --kill-after=5 "$limit" "$@" >"$out/logs/$name.log" 2>&1
  rc=$?
  case $rc in
    0) result=ok ;;
    124 | 137) result="stopped after $limit s" ;;
    *) result="failed, exit code $rc" ;;
  esac
  if [ $rc -eq 0 ] && grep -q 'no CUDA device' "$out/logs/$name.log"; then result="skipped: no CUDA device"; fi
  printf '%-28s %4d s  %s\n' "$name" $((SECONDS - begin)) "$result" | tee -a "$out/summary.txt"
  [ $rc -eq 0 ] || { failed=1; tail -n 4 "$out/logs/$name.log" | sed 's/^/    /'; }
  tar -C "$out" -czf "$out/gpu_suite.tar.gz.tmp" --exclude='*.tar.gz*' . 2>/dev/null && mv "$out/gpu_suite.tar.gz.tmp" "$out/gpu_suite.tar.gz"
  return $rc
}

# Libraries and headers of Python's nvidia packages lie where neither a compiler nor a loader looks.
packages=$(python3 - <<'P'
import importlib.util
import pathlib
spec = importlib.util.find_spec("nvidia")
roots = [pathlib.Path(p) for p in (spec.submodule_search_locations if spec else [])]
libraries = sorted({str(f.parent) for r in roots for f in r.glob("*/lib/lib*.so*")})
headers = sorted({str(f.parent) for r in roots for n in ("cudnn.h", "cublasLt.h", "cupti.h") for f in r.glob("*/include/" + n)})
print(":".join(libraries))
print(";".join(headers))
P
)
SATSIM_GPU_LIBRARIES=$(sed -n 1p <<<"$packages")${SATSIM_GPU_LIBRARIES:+:$SATSIM_GPU_LIBRARIES}
SATSIM_CUDA_INCLUDE=$(sed -n 2p <<<"$packages")
export SATSIM_GPU_LIBRARIES SATSIM_CUDA_INCLUDE
export PATH="$PATH:/usr/local/cuda/bin"

# shellcheck disable=SC2317  # called by the stage of that name
probe() {
  date -u
  nvidia-smi || true
  nvcc --version
  cmake --version
  echo "libraries: $SATSIM_GPU_LIBRARIES"
  echo "headers: $SATSIM_CUDA_INCLUDE"
}
export -f probe
jobs=$(nproc)
bin=build/gpu/tests/bin

stage probe 30 bash -c probe
# Only this machine's architecture is compiled where nvidia-smi tells it.
capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1 | tr -d . || true)
architecture=()
case $capability in
  90) architecture=(-D CMAKE_CUDA_ARCHITECTURES=90a-real) ;;
  [0-9]*) architecture=(-D "CMAKE_CUDA_ARCHITECTURES=$capability-real") ;;
esac
if [ -z "${SATSIM_SUITE_BUILT:-}" ]; then
  stage configure 90 cmake --preset gpu "${architecture[@]}"
  stage build 240 cmake --build build/gpu -j "$jobs" -- -k 0
fi
# The kernels' logic on this machine's processor; what else needs no GPU was tested where satsim was built (.ci/run).
stage test-gpu_shared_test 30 "$bin/gpu_shared_test"
# Kernel by kernel: a kernel that hangs or kills the context takes nothing else along.
for filter in 'GpuDeviceKernels.*Cop*' 'GpuDeviceKernels.*BitForBit' 'GpuDeviceKernels.*Formula' 'GpuDeviceKernels.Transpose*' 'GpuDeviceSparse.*' 'GpuDeviceWgmma.*:-*Narrow*:*Staggered*'; do
  stage "test-kernels-$(tr -cd 'A-Za-z' <<<"$filter")" 30 "$bin/gpu_device_kernel_test" "--gtest_filter=$filter"
done
# The ways of wgmma.sp that fail are not tried by what follows.
skipped=
stage test-kernels-wgmma-narrow 30 "$bin/gpu_device_kernel_test" '--gtest_filter=GpuDeviceWgmma.Narrow*' || skipped="$skipped,128x128"
stage test-kernels-wgmma-staggered 30 "$bin/gpu_device_kernel_test" '--gtest_filter=GpuDeviceWgmma.Staggered*' || skipped="$skipped,128x256 staggered"
export SATSIM_WGMMA_SKIP=$skipped
for filter in Dense Sparse Measures Knows; do
  stage "test-meter-$filter" 40 "$bin/gpu_device_meter_test" "--gtest_filter=GpuDeviceMeter.$filter*"
done
stage test-attention 40 "$bin/gpu_device_attention_test"
# Training steps on real numbers by the GPU engine.
for filter in '*TasksAgree*' '*Updates*:*Sums*:*Loss*' '*Placements*' '*Module*'; do
  stage "test-engine-$(tr -cd 'A-Za-z' <<<"$filter")" 25 "$bin/gpu_device_engine_test" "--gtest_filter=$filter"
done
stage bench 100 "$bin/gpu_bench" "$out/bench.json"
stage bench-update 20 "$bin/gpu_update_ways"
# One program for all networks, the smaller ones first: what is equal in two of them is measured once. It spends
# the time that is left on all of them, and writes a recording after every recipe, so that what is there stays.
# Should the device fail for good in one network, the others follow in a process of their own.
window=${SATSIM_SUITE_ENERGY_WINDOW:-0.1}
networks=${SATSIM_SUITE_NETWORKS:-resnet18 vit-cifar resnet9 vgg19 resnet50 decoder open-qwen2vl mio videochat-online livecc armor-8b bagel}
attempt=1
while [ -n "$networks" ]; do
  # Some seconds for the last one to end in, and for the archive.
  seconds=$((total - (SECONDS - started) - 10))
  [ "$seconds" -gt 10 ] || break
  # shellcheck disable=SC2086  # a list of words
  stage "record-$attempt" "$total" build/gpu/satsim-gpu $networks --seconds "$seconds" --repetitions 15 --energy-window "$window" -o "$out/traces"
  rc=$?
  # 70: an internal fault, of the network that the log names last.
  [ "$rc" -eq 70 ] || [ "$rc" -ge 128 ] || break
  last=$(sed -n 's/^network //p' "$out/logs/record-$attempt.log" | tail -n 1)
  [ -n "$last" ] || break
  networks=$(sed "s/.*\b$last\b *//" <<<"$networks")
  attempt=$((attempt + 1))
done
for file in models/networks/*.json; do
  name=$(basename "$file" .json)
  [ -f "$out/traces/$name.json" ] || printf '%-28s no recording, see logs/record-*.log\n' "$name" | tee -a "$out/summary.txt"
done

printf 'all stages: %d s\n' $((SECONDS - started)) | tee -a "$out/summary.txt"
tar -C "$out" -czf "$out/gpu_suite.tar.gz.tmp" --exclude='*.tar.gz*' . && mv "$out/gpu_suite.tar.gz.tmp" "$out/gpu_suite.tar.gz"
exit $failed
