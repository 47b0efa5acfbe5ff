#!/usr/bin/env bash
# Copies the header-only libraries and GoogleTest's sources that the preset `gpu` needs from this machine's packages
# (nlohmann-json3-dev, libcli11-dev, libfmt-dev, libeigen3-dev, googletest) into build/gpu-headers, to travel to a GPU machine without them.
# Usage: tools/gpu_suite/carry_headers.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/../.."
to=${1:-build/gpu-headers}
mkdir -p "$to/include"
for part in nlohmann CLI fmt; do
  [ -d "/usr/include/$part" ] || { echo "carry_headers: /usr/include/$part is missing: tools/install_dependencies.sh" >&2; exit 2; }
  cp -rL "/usr/include/$part" "$to/include/"
done
[ -d /usr/include/eigen3/Eigen ] || { echo "carry_headers: /usr/include/eigen3 is missing: tools/install_dependencies.sh" >&2; exit 2; }
cp -rL /usr/include/eigen3/Eigen "$to/include/"
from=/usr/src/googletest
[ -d "$from/googletest" ] || { echo "carry_headers: $from is missing: install googletest" >&2; exit 2; }
mkdir -p "$to/googletest"
cp -L "$from/CMakeLists.txt" "$to/googletest/"
mkdir -p "$to/googletest/googletest"
cp -rL "$from/googletest/CMakeLists.txt" "$from/googletest/cmake" "$from/googletest/src" "$to/googletest/googletest/"
if [ -d "$from/googletest/include" ]; then
  cp -rL "$from/googletest/include" "$to/googletest/googletest/"
else
  mkdir -p "$to/googletest/googletest/include"
  cp -rL /usr/include/gtest "$to/googletest/googletest/include/"
fi
du -sh "$to"
