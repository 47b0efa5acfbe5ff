// The program's memory on the card: line l of 64*n bytes has its i-th 64 bytes in bank i, at byte 64*l of its
// region (docs/architecture/top.md, docs/decisions/0001-ganged-channels.md).
#pragma once

#include <cstdint>

#include "host/card/card.hpp"
#include "runtime/functional/memory_image.hpp"

namespace satsim::card {

// Spreads all pages of `image` over the host's copies of the banks, which hold zeros elsewhere. Throws
// InputError naming the address when a page with data lies beyond the regions.
void scatter(const MemoryImage& image, int banks, BankMemory& memory);

// The program's memory as the host's copies of the banks have it; pages of zeros are left out.
[[nodiscard]] MemoryImage gather(int banks, std::int64_t bytes_each, BankMemory& memory);

// Bytes of each bank's region so that addresses below `end` exist in the program's memory: whole pages of 4
// KiB.
[[nodiscard]] std::int64_t region_bytes(std::int64_t end, int banks);

}  // namespace satsim::card
