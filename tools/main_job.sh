#!/usr/bin/env bash
# The main job in one command: installs what the program needs, builds it and compares dense training of ResNet-18 with
# 2:8 BDWP on SAT, layer by layer. Prints the table, writes a report that opens in a browser and a trace that opens in Perfetto.
# Usage: tools/main_job.sh [NETWORK]    (default resnet18; see `build/release/satsim models list`)
set -euo pipefail
cd "$(dirname "$0")/.."
network=${1:-resnet18}
tools/install_dependencies.sh build
echo "satsim: configuring and building (preset release)"
cmake --preset release -DSATSIM_BUILD_TESTS=OFF -DSATSIM_BUILD_BENCH=OFF >/dev/null
cmake --build --preset release --target satsim
mkdir -p out
build/release/satsim compare "$network" --recipe bdwp-2:8 --baseline dense --trace out/compare-"$network".trace.json \
  --report out/compare-"$network".html
echo "satsim: open out/compare-$network.html in a browser, and out/compare-$network.trace.json at https://ui.perfetto.dev"
