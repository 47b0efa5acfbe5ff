#!/usr/bin/env bash
# Every C++ and CUDA file under version control (elsewhere: every one in the source folders) is as clang-format 14 writes it.
# No file has the marks of a merge left in it.
# Exit code 1: some are not; 77: clang-format is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
if git rev-parse --is-inside-work-tree >/dev/null 2>&1 && git grep -nE '^(<{7}|>{7}) '; then
  echo "check_format: a merge was left half done" >&2
  exit 1
fi
formatter=$(command -v clang-format-14 || command -v clang-format || true)
if [ -z "$formatter" ] || ! "$formatter" --version | grep -q 'version 14\.'; then
  echo "check_format: skipped: clang-format 14 is missing"
  exit 77
fi
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
  git ls-files -z '*.cpp' '*.hpp' '*.cu'
else
  find runtime sim host tests \( -name '*.cpp' -o -name '*.hpp' -o -name '*.cu' \) -print0
fi | xargs -0 "$formatter" --dry-run -Werror
