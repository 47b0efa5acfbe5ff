// The safetensors format: 8 bytes of header length (little-endian), a header in JSON, the tensors one after
// another. docs/formats/weights.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/support/mapped_file.hpp"

namespace satsim::weights {

// The format's own limit.
inline constexpr std::uint64_t kMostHeaderBytes = 100'000'000;

struct Tensor {
    std::string name;
    std::string dtype;                // "F32" ...
    std::vector<std::int64_t> shape;  // row-major
    std::uint64_t begin = 0;          // bytes after the header
    std::uint64_t end = 0;
    bool operator==(const Tensor&) const = default;
    [[nodiscard]] std::int64_t elements() const;
};

struct Header {
    std::vector<Tensor> tensors;                  // in the order of their data
    std::map<std::string, std::string> metadata;  // "__metadata__"
    std::uint64_t data_begin = 0;                 // bytes from the beginning of the file
    bool operator==(const Header&) const = default;
};

// Strict: throws InputError naming `file` unless the header's length lies in the file and below the limit,
// names are printable and unique, dtypes are known, shapes and offsets agree, and the tensors cover the rest
// of the file without gap or overlap.
[[nodiscard]] Header parse_header(std::span<const std::uint8_t> bytes, const std::string& file);

// What stands before the data: length and header, padded so that data begins at a multiple of 8. Sets
// `begin` and `end` of the tensors, which follow each other in their order. Throws std::logic_error for a
// dtype that the format does not have.
[[nodiscard]] std::string make_header(std::vector<Tensor>& tensors,
                                      const std::map<std::string, std::string>& metadata);

class SafetensorsFile {
  public:
    explicit SafetensorsFile(const std::filesystem::path& path);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const Header& header() const { return header_; }
    [[nodiscard]] const Tensor* find(std::string_view name) const;  // nullptr: none
    [[nodiscard]] std::span<const std::uint8_t> data(const Tensor& tensor) const;

  private:
    std::string name_;
    MappedFile file_;
    Header header_;
};

}  // namespace satsim::weights
