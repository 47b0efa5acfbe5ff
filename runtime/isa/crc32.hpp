// CRC-32 (IEEE 802.3, reflected, as in zlib and PNG) of a block of bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace satsim::isa {

namespace crc32_detail {

consteval std::array<std::uint32_t, 256> make_table() {
    constexpr std::uint32_t polynomial = 0xEDB88320U;
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit) value = (value & 1U) != 0 ? (value >> 1) ^ polynomial : value >> 1;
        table[byte] = value;
    }
    return table;
}

inline constexpr std::array<std::uint32_t, 256> kTable = make_table();

}  // namespace crc32_detail

[[nodiscard]] constexpr std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
    std::uint32_t value = 0xFFFFFFFFU;
    for (const std::uint8_t byte : bytes) {
        value = (value >> 8) ^ crc32_detail::kTable[(value ^ byte) & 0xFFU];
    }
    return ~value;
}

}  // namespace satsim::isa
