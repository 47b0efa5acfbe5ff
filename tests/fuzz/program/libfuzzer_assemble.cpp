// libFuzzer entry: assembler texts.   fuzz_program_text -max_len=4096 corpus/
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/program/fuzz_program.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    satsim::isa::fuzz_assemble(data, size);
    return 0;
}
