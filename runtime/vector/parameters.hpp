// The registers of one vector operation, decoded and checked; docs/architecture/vector.md §2.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "runtime/isa/program.hpp"
#include "runtime/support/types.hpp"

namespace satsim::vector {

struct Parameters {
    isa::vec::Operation operation = isa::vec::Operation::Relu;
    std::uint32_t flags = 0;
    std::int64_t rows = 0;
    std::int64_t channels = 0;
    std::array<std::int64_t, 4> operands{};  // a..d, VMEM words
    std::array<std::int64_t, 7> results{};   // o0..o6, VMEM words
    std::int64_t k0 = 0;                     // CMEM rows
    std::int64_t k1 = 0;
    std::optional<NmPattern> nm_f;  // what is kept; the copy has the format of stored_pattern()
    std::optional<NmPattern> nm_b;
    std::array<float, 11> scalars{};  // canonical

    [[nodiscard]] bool has(std::uint32_t flag) const { return (flags & flag) != 0; }
    [[nodiscard]] bool packs() const { return nm_f.has_value() || nm_b.has_value(); }
    [[nodiscard]] bool wide_input() const;  // VMEM operands are FP32
    // Words from one row to the next in VMEM: rows are whole words.
    [[nodiscard]] std::int64_t input_pitch() const;
    [[nodiscard]] std::int64_t output_pitch() const;
    // Columns of the copy along rows as stored: a multiple of 16, so that rows of indices are whole words.
    [[nodiscard]] std::int64_t packed_columns() const { return round_up<std::int64_t>(channels, 16); }
    // Rows (group, j) of either copy.
    [[nodiscard]] std::int64_t packed_rows_f() const;
    [[nodiscard]] std::int64_t packed_rows_b() const;
    // VMEM words that the packed copies o3..o6 take; 0: no such plane.
    [[nodiscard]] std::array<std::int64_t, 4> copy_words() const;
};

[[nodiscard]] inline int lanes(const isa::ArrayConfig& config) {
    return config.line_bytes() / 4;
}

// nm_f or nm_b as a register holds it; none: 0.
[[nodiscard]] inline std::int64_t pattern_bits(const std::optional<NmPattern>& nm) {
    return nm ? nm->n | nm->m << 8 : 0;
}

// What is wrong with an operation on an engine of this configuration, or nothing. `registers` are the
// engine's 32.
[[nodiscard]] std::optional<std::string> operation_fault(std::span<const std::int64_t> registers,
                                                         std::uint32_t flags, const isa::ArrayConfig& config);

// Of registers without a fault.
[[nodiscard]] Parameters decode(std::span<const std::int64_t> registers, std::uint32_t flags);

}  // namespace satsim::vector
