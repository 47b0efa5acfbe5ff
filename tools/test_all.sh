#!/usr/bin/env bash
# Installs what the tests need, builds everything and runs every test. Ends non-zero when anything fails.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install_dependencies.sh test
echo "satsim: configuring and building (preset ci)"
cmake --preset ci
cmake --build --preset ci
echo "satsim: running all tests"
ctest --preset ci
