// libFuzzer entry: placements.   tools/test_fuzz.sh
#include "tests/fuzz/json/fuzz_json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    satsim::fuzz_placement(data, size);
    return 0;
}
