#!/usr/bin/env bash
# Line, branch and toggle coverage of rtl/ under the unit benches and the co-simulation: verilates them with counters (preset
# coverage), runs them, merges the counters (verilator_coverage), prints a table and writes docs/coverage.md. Ends non-zero when
# a test fails or less than 95 % of the lines is covered. What is not covered: tools/coverage_report.py out/coverage/merged --uncovered
# Usage: tools/coverage.sh [TEST ...]    (all of them; SATSIM_COSIM_ROUNDS and SATSIM_RTL_EPISODES as in the tests)
set -euo pipefail
cd "$(dirname "$0")/.."
all=(rtl_fp_test rtl_load_test rtl_store_test rtl_front_test rtl_sore_test rtl_stce_test rtl_vec_test rtl_core_test
     rtl_top_test cosim_test)
tests=("$@")
[ ${#tests[@]} -gt 0 ] || tests=("${all[@]}")
for test in "${tests[@]}"; do
  case " ${all[*]} " in
    *" $test "*) ;;
    *) echo "coverage: $test: expected one of ${all[*]}" >&2; exit 2 ;;
  esac
done
if ! command -v verilator_coverage >/dev/null; then
  echo "coverage: skipped: verilator is missing" >&2
  exit 77
fi
cmake --preset coverage >/dev/null
cmake --build --preset coverage --target "${tests[@]}"
rtl=$(git log -1 --format=%h -- rtl isa 2>/dev/null || echo unknown)
git diff --quiet HEAD -- rtl isa 2>/dev/null || rtl="$rtl with changes"
work=out/coverage
rm -rf "$work"
mkdir -p "$work/counters" "$work/merged"
for test in "${tests[@]}"; do
  echo "coverage: $test"
  # Only the 4x4 core is built with counters; all groups of eight take minutes with them and reach no further line.
  SATSIM_COVERAGE_DIR=$work/counters "build/coverage/tests/bin/$test" --gtest_brief=1 \
    --gtest_filter='*:-*Array8x8*:*Array4x16*:*EightByEight*:*AllGroupsOfEight*'
done
verilator_coverage --write "$work/merged/all.dat" "$work"/counters/*.dat
status=0
tools/coverage_report.py "$work/merged" --least 95 --markdown "$work/table.md" || status=$?
{
  echo "# Coverage of the RTL"
  echo
  echo "Written by \`tools/coverage.sh\` on $(date +%F), under ${tests[*]}"
  echo "(SATSIM_COSIM_ROUNDS: ${SATSIM_COSIM_ROUNDS:-default}, SATSIM_RTL_EPISODES: ${SATSIM_RTL_EPISODES:-default}), of the RTL of commit $rtl."
  echo
  echo "Lines are source lines in procedural blocks; a branch is a block or a side of an if or case; a toggle is a bit of a signal that changed. All are counted over"
  echo "all instances and sizes of a module. Constant bits and the lint's \`unused\` signals never toggle. Toggles are counted in one bench a block (the STCE alone, VEC"
  echo "alone ...) and not in the core, lines also in the 4x4 core."
  echo
  cat "$work/table.md"
} >docs/coverage.md
exit "$status"
