#!/usr/bin/env bash
# Installs what the tests need, builds everything and runs every test, then what parses input with sanitizers and under a
# fuzzer. Ends non-zero when anything fails.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install_dependencies.sh test
echo "satsim: configuring and building (preset ci)"
cmake --preset ci
cmake --build --preset ci
echo "satsim: running all tests"
ctest --preset ci
echo "satsim: tests of what parses input, with AddressSanitizer and UBSan"
tools/test_sanitized.sh
echo "satsim: fuzzing what parses input"
tools/test_fuzz.sh
