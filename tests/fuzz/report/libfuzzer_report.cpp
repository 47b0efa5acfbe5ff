// libFuzzer entry: report documents.   tools/test_fuzz.sh
#include "tests/fuzz/report/fuzz_report.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    (void)satsim::fuzz_report(data, size);
    return 0;
}
