// The property under test: whatever text comes, reading it as a trace works or throws InputError, in one line
// that names the file; what was read has work of finite, non-negative time, and differs from itself by
// nothing.
#pragma once

#include <cstddef>
#include <cstdint>

namespace satsim {

// Aborts on a broken property. True: the trace was accepted.
bool fuzz_trace(const std::uint8_t* data, std::size_t size);

}  // namespace satsim
