// The property under test: whatever bytes come, importing them as an ONNX model either works or throws
// InputError, in one line that names the file; what was imported can be used for a training step, and its
// weights make a whole file or are refused.
#pragma once

#include <cstddef>
#include <cstdint>

namespace satsim {

// Aborts on a broken property.
void fuzz_onnx(const std::uint8_t* data, std::size_t size);

}  // namespace satsim
