#!/usr/bin/env bash
# Prints the preset in which tests run under AddressSanitizer and UBSan: `fuzz` where clang has libFuzzer, so that tests and fuzz
# targets share what is built, else `asan` (the default compiler).
set -euo pipefail
if command -v clang++ >/dev/null && clang++ -fsanitize=fuzzer -x c++ -o /dev/null - 2>/dev/null <<<'
  #include <cstddef>
  #include <cstdint>
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t*, std::size_t) { return 0; }'; then
  echo fuzz
else
  echo asan
fi
