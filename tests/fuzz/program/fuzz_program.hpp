// The property under test: whatever bytes come, reading a program either works or throws InputError, in one
// line, and what was read survives the way back.
#pragma once

#include <cstddef>
#include <cstdint>

namespace satsim::isa {

// As a binary file: read, checked, written again, shown as text, assembled again. Aborts on a broken
// property.
void fuzz_deserialize(const std::uint8_t* data, std::size_t size);
// As an assembler text: assembled, checked, disassembled, assembled again. Aborts on a broken property.
void fuzz_assemble(const std::uint8_t* data, std::size_t size);

}  // namespace satsim::isa
