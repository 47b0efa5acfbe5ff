#include "host/card/ganged_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "runtime/support/error.hpp"
#include "runtime/support/types.hpp"

namespace satsim::card {
namespace {

constexpr std::int64_t kBeatBytes = 64;
constexpr std::int64_t kRegionUnit = 4096;  // MEM0.. and the shell's buffers are aligned to it

// visit(bank, offset in its region, offset in the page) for the 64-byte beats of a page.
template <typename Visit>
void for_each_beat(std::int64_t page, int banks, Visit visit) {
    const std::int64_t first = page * MemoryImage::kPageBytes / kBeatBytes;
    for (std::int64_t i = 0; i < MemoryImage::kPageBytes / kBeatBytes; ++i) {
        const std::int64_t beat = first + i;
        visit(static_cast<int>(beat % banks), static_cast<std::size_t>(beat / banks * kBeatBytes),
              static_cast<std::size_t>(i * kBeatBytes));
    }
}

bool all_zero(std::span<const std::uint8_t> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

void scatter(const MemoryImage& image, int banks, BankMemory& memory) {
    const auto bytes_each = static_cast<std::int64_t>(memory.bytes(0).size());
    for (const auto& [page, content] : image.pages()) {
        if ((page + 1) * MemoryImage::kPageBytes > bytes_each * banks) {
            if (all_zero(*content)) continue;
            throw InputError("memory", "",
                             fmt::format("data at byte {:#x}, expected all of it below {:#x}: the card's "
                                         "regions are too small",
                                         page * MemoryImage::kPageBytes, bytes_each * banks));
        }
        for_each_beat(page, banks, [&](int bank, std::size_t at, std::size_t in_page) {
            const std::span<const std::uint8_t> beat = std::span(*content).subspan(in_page, kBeatBytes);
            std::ranges::copy(beat, memory.bytes(bank).begin() + static_cast<std::ptrdiff_t>(at));
        });
    }
}

MemoryImage gather(int banks, std::int64_t bytes_each, BankMemory& memory) {
    MemoryImage image;
    MemoryImage::Page content;
    for (std::int64_t page = 0; page < bytes_each * banks / MemoryImage::kPageBytes; ++page) {
        for_each_beat(page, banks, [&](int bank, std::size_t at, std::size_t in_page) {
            std::ranges::copy(memory.bytes(bank).subspan(at, kBeatBytes),
                              content.begin() + static_cast<std::ptrdiff_t>(in_page));
        });
        if (!all_zero(content)) image.write(page * MemoryImage::kPageBytes, content);
    }
    return image;
}

std::int64_t region_bytes(std::int64_t end, int banks) {
    return std::max<std::int64_t>(1, ceil_div<std::int64_t>(end, kRegionUnit * banks)) * kRegionUnit;
}

}  // namespace satsim::card
