// libFuzzer entry: ONNX models.   tools/test_fuzz.sh
#include "tests/fuzz/onnx/fuzz_onnx.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    satsim::fuzz_onnx(data, size);
    return 0;
}
