#!/usr/bin/env bash
# The module shows satsim's own functions alone (runtime/gpu/device/module.map), and brings no C++ library of its own.
# Usage: module_symbols.sh libsatsim_gpu.so
set -euo pipefail
shown=$(nm -D --defined-only "$1" | awk '{print $NF}' | grep -v '^satsim_gpu_' | head -n 5 || true)
if [ -n "$shown" ]; then
  echo "module_symbols: $1 shows more than satsim_gpu_*: $shown" >&2
  exit 1
fi
for name in satsim_gpu_interface satsim_gpu_open satsim_gpu_open_executor; do
  nm -D --defined-only "$1" | grep -q " $name\$" || { echo "module_symbols: $1 lacks $name" >&2; exit 1; }
done
if ! readelf -d "$1" | grep -q 'NEEDED.*libstdc++'; then
  echo "module_symbols: $1 does not ask for the shared C++ library" >&2
  exit 1
fi
