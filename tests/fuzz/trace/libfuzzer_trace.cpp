// libFuzzer entry: trace files.   tools/test_fuzz.sh
#include "tests/fuzz/trace/fuzz_trace.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    (void)satsim::fuzz_trace(data, size);
    return 0;
}
