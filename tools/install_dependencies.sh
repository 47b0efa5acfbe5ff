#!/usr/bin/env bash
# Installs the Debian 12 packages that satsim needs. Usage: tools/install_dependencies.sh [build|test]
# build: what the program needs; test: that and what the tests need. Works as root or with sudo; does nothing
# when every package is there already.
set -euo pipefail
what=${1:-build}

build=(build-essential cmake ninja-build ccache git ca-certificates python3 libsystemc-dev libeigen3-dev libboost-dev
       nlohmann-json3-dev libcli11-dev libfmt-dev libsqlite3-dev node-d3 libonnx-dev libprotobuf-dev zlib1g-dev)
tests=(verilator yosys libgtest-dev libbenchmark-dev clang-format clang libclang-rt-14-dev
       python3-jsonschema python3-onnx libboost-mpi-dev openmpi-bin chromium fonts-dejavu-core tcl libxrt-dev uuid-dev
       zsh fish groff-base file libopenblas0-pthread)
case "$what" in
  build) packages=("${build[@]}") ;;
  test)  packages=("${build[@]}" "${tests[@]}") ;;
  *) echo "usage: $0 [build|test]" >&2; exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "satsim: all ${#packages[@]} packages are installed"
  exit 0
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "satsim: run as root, or install sudo, to install: ${missing[*]}" >&2; exit 2; }
  as_root=(sudo)
fi
echo "satsim: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
