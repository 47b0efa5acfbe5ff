// Text files, compressed by gzip where their name ends in .gz.
#pragma once

#include <cstddef>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <string_view>

namespace satsim {

[[nodiscard]] std::string gzipped(std::string_view text);

// Whole or not at all (write_file_atomically), compressed where the name ends in .gz. Returns how many bytes
// it wrote: a pipe or a device has no size to look up. Throws InputError.
std::size_t write_text(const std::filesystem::path& file, std::string_view text);

// The text of a file, compressed or not: its first bytes tell. Throws InputError where it cannot be opened;
// reading throws one where the compressed data are damaged or end early.
[[nodiscard]] std::unique_ptr<std::istream> open_text(const std::filesystem::path& file);

}  // namespace satsim
