// The property under test: whatever text comes, reading it as a report document works or throws InputError,
// in one line; and what was accepted becomes a page whose data reads back as it was, without markup of its
// own.
#pragma once

#include <cstddef>
#include <cstdint>

namespace satsim {

// Aborts on a broken property. True: the document was accepted.
bool fuzz_report(const std::uint8_t* data, std::size_t size);

}  // namespace satsim
