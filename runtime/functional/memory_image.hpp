// The contents of the card's DRAM, sparse: pages that were never written read as zeros and take no space.
#pragma once

#include <algorithm>
#include <array>

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <span>

namespace satsim {

class MemoryImage {
  public:
    static constexpr std::int64_t kPageBytes = 4096;
    using Page = std::array<std::uint8_t, kPageBytes>;

    // address: bytes, >= 0. Any length, any alignment.
    void read(std::int64_t address, std::span<std::uint8_t> out) const {
        for_each_part(address, out.size(),
                      [&](std::int64_t page, std::size_t offset, std::size_t done, std::size_t n) {
                          const auto found = pages_.find(page);
                          if (found == pages_.end()) {
                              std::memset(out.data() + done, 0, n);
                          } else {
                              std::memcpy(out.data() + done, found->second->data() + offset, n);
                          }
                      });
    }

    void write(std::int64_t address, std::span<const std::uint8_t> bytes) {
        for_each_part(address, bytes.size(),
                      [&](std::int64_t page, std::size_t offset, std::size_t done, std::size_t n) {
                          auto& slot = pages_[page];
                          if (!slot) slot = std::make_unique<Page>();
                          std::memcpy(slot->data() + offset, bytes.data() + done, n);
                      });
    }

    // All pages that hold data, in ascending order of address / kPageBytes.
    [[nodiscard]] const std::map<std::int64_t, std::unique_ptr<Page>>& pages() const { return pages_; }

    // First byte address at which the two differ, or -1. Absent pages count as zeros.
    [[nodiscard]] static std::int64_t first_difference(const MemoryImage& a, const MemoryImage& b) {
        const std::int64_t ab = a.first_page_unlike(b);
        const std::int64_t ba = b.first_page_unlike(a);
        if (ab < 0) return ba;
        return ba < 0 ? ab : std::min(ab, ba);
    }

  private:
    template <typename Visit>
    static void for_each_part(std::int64_t address, std::size_t size, Visit visit) {
        std::size_t done = 0;
        while (done < size) {
            const std::int64_t at = address + static_cast<std::int64_t>(done);
            const auto offset = static_cast<std::size_t>(at % kPageBytes);
            const std::size_t n = std::min(size - done, static_cast<std::size_t>(kPageBytes) - offset);
            visit(at / kPageBytes, offset, done, n);
            done += n;
        }
    }

    [[nodiscard]] std::int64_t first_page_unlike(const MemoryImage& other) const {
        static constexpr Page kZeros{};
        for (const auto& [number, page] : pages_) {
            const auto found = other.pages_.find(number);
            const Page& theirs = found == other.pages_.end() ? kZeros : *found->second;
            for (std::size_t i = 0; i < page->size(); ++i) {
                if ((*page)[i] != theirs[i]) return number * kPageBytes + static_cast<std::int64_t>(i);
            }
        }
        return -1;
    }

    std::map<std::int64_t, std::unique_ptr<Page>> pages_;
};

}  // namespace satsim
