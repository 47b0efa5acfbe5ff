// Protobuf's wire format, field by field, without copies.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace satsim::importer {

using Bytes8 = std::span<const std::uint8_t>;

struct WireField {
    std::uint64_t tag = 0;
    std::uint64_t number = 0;
    bool delimited = false;  // a message, a text or an array: `body`
    Bytes8 body;
    Bytes8 whole;  // with tag and length
};

// The fields of one message in order. Throws InputError naming `file` for bytes that are none.
class WireReader {
  public:
    WireReader(Bytes8 message, const std::string& file) : in_(message), file_(file) {}
    [[nodiscard]] std::optional<WireField> next();  // nullopt at the end

  private:
    [[nodiscard]] std::uint64_t varint();
    Bytes8 take(std::uint64_t length);
    [[noreturn]] void fail(const std::string& message) const;

    Bytes8 in_;
    const std::string& file_;
};

}  // namespace satsim::importer
