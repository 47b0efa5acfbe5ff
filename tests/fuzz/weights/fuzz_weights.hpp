// The property under test: whatever bytes come, reading them as a safetensors file either gives tensors that
// cover the file, which written anew are read the same, or throws InputError in one line that names the file.
#pragma once

#include <cstddef>
#include <cstdint>

namespace satsim {

// Aborts on a broken property.
void fuzz_weights(const std::uint8_t* data, std::size_t size);

}  // namespace satsim
