#!/usr/bin/env bash
# Holds rtl/ to the SystemVerilog that all tools read the same way: `verilator --lint-only -Wall` without a warning, and Yosys reads,
# elaborates and checks it, where a port whose width does not fit is an error. Every module that no other instantiates is a
# top, with its default parameters; sat_top, and sat_core in it, also in the sizes below. Sizes that cannot be built must be
# refused in the RTL's own words. A missing tool is named and skipped.
# Usage: tools/check_rtl.sh [all|verilator|yosys]; exit code 77 when a tool asked for by name is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-all}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 tools/generate_isa.py isa/sat_isa.json --cpp "$work/sat_isa.hpp" --sv "$work/sat_isa.sv"

tops=()
for file in rtl/*.sv; do
  module=$(basename "$file" .sv)
  grep -qE "^\s*$module\b\s*(#|[a-z_]+\s*\()" $(ls rtl/*.sv | grep -v "/$module.sv\$") || tops+=("$module")
done
# Verilator flattens: a minute for the 32x32 array. Yosys keeps the hierarchy.
small=("${tops[@]}" "sat_top R=8 C=8 CH=2" "sat_top R=4 C=16 MAXM=16")
# What runtime/hardware/buildable.cpp refuses too.
refused=("stce R=4 C=4 CH=1 S=1" "stce R=4 C=4 CH=1 S=32" "stce R=4 C=12 CH=1 S=4")
full=("sat_top R=32 C=32 CH=4 WD=512 NVD=4096 NID=1024 RD=4096 IM=4096 VD=4096")

# lint TOP NAME=VALUE...
lint() {
  local top=$1 parameters=()
  for parameter in "${@:2}"; do parameters+=("-G$parameter"); done
  verilator --lint-only -Wall -Irtl --top-module "$top" "${parameters[@]}" "$work/sat_isa.sv" "rtl/$top.sv"
}
# elaborate TOP NAME=VALUE...
elaborate() {
  local top=$1 chparam=""
  for parameter in "${@:2}"; do chparam+=" -chparam ${parameter%=*} ${parameter#*=}"; done
  # A module whose range Yosys dropped or widened shows as a resized port.
  yosys -q -e "Resizing cell port" -p "read_verilog -sv $work/sat_isa.sv rtl/*.sv; hierarchy -check -top $top$chparam; proc; check -assert"
}
# refuse FUNCTION TOP NAME=VALUE...: the function must fail, and with the module's own message.
refuse() {
  if "$@" >"$work/refused" 2>&1 || ! grep -q "$2: .* must be" "$work/refused"; then
    echo "check_rtl: $* is not refused:" >&2
    cat "$work/refused" >&2
    return 1
  fi
}
lint_refused() { refuse lint "$@"; }
elaborate_refused() { refuse elaborate "$@"; }
# each TOOL FUNCTION RUN...
each() {
  local tool=$1 function=$2
  if ! command -v "$tool" >/dev/null; then
    echo "check_rtl: skipped: $tool is missing"
    [ "$what" = all ] || exit 77
    return 0
  fi
  for run in "${@:3}"; do
    echo "check_rtl: $tool: $run"
    "$function" $run
  done
}
case "$what" in
  all)
    each verilator lint "${small[@]}"; each verilator lint_refused "${refused[@]}"
    each yosys elaborate "${small[@]}" "${full[@]}"; each yosys elaborate_refused "${refused[@]}" ;;
  verilator) each verilator lint "${small[@]}"; each verilator lint_refused "${refused[@]}" ;;
  yosys) each yosys elaborate "${small[@]}" "${full[@]}"; each yosys elaborate_refused "${refused[@]}" ;;
  *) echo "usage: $0 [all|verilator|yosys]" >&2; exit 2 ;;
esac
