// A file's bytes without a copy of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

namespace satsim {

// The whole file, mapped: only pages that are looked at are read. Throws InputError ("PATH: cannot be read
// (WHY), expected EXPECTED") for what is no regular file with at least one byte.
class MappedFile {
  public:
    MappedFile(const std::filesystem::path& path, std::string_view expected);
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile();

    [[nodiscard]] std::span<const std::uint8_t> bytes() const {
        return {static_cast<const std::uint8_t*>(address_), size_};
    }

  private:
    void* address_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace satsim
