// libFuzzer entry: safetensors files.   tools/test_fuzz.sh
#include "tests/fuzz/weights/fuzz_weights.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    satsim::fuzz_weights(data, size);
    return 0;
}
