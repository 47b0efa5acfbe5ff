// libFuzzer entry: binary program files.   fuzz_program_file -max_len=4096 corpus/
//
// A mutation that hits the checksum would never get further, so length and checksum are made right first.
#include <cstdint>
#include <vector>

#include "tests/fuzz/program/fuzz_program.hpp"
#include "tests/fuzz/program/seal.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    satsim::isa::fuzz_deserialize(data, size);
    const std::vector<std::uint8_t> sealed = satsim::isa::sealed({data, data + size});
    satsim::isa::fuzz_deserialize(sealed.data(), sealed.size());
    return 0;
}
