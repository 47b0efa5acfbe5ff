// A SAT program: four instruction streams, the semaphores' initial values, and an optional memory image.
//
// The binary file is this project's promise: "SATP", format version, ISA digest, array configuration it was
// scheduled for, streams, image segments, CRC-32 of all before it. docs/formats/program.md.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "runtime/isa/instruction.hpp"
#include "runtime/support/types.hpp"

namespace satsim::isa {

constexpr std::int64_t kIndicesOfWord = 16;  // nibbles
constexpr std::int64_t kIndicesOfUnit = 4;   // STCE's register `ni` counts units of four
constexpr std::int64_t kIndexUnitsOfWord = 4;

// The built size of the accelerator that a program was scheduled for; docs/architecture/contract.md §1.
struct ArrayConfig {
    int rows = 32;                 // R
    int columns = 32;              // C, a multiple of 4
    int max_m = 8;                 // MAXM
    int slots = 16;                // S
    int channels = 4;              // CH
    int west_lines = 512;          // WD
    int north_value_lines = 4096;  // NVD
    int north_index_lines = 1024;  // NID
    int result_addresses = 4096;   // RD
    int instructions = 4096;       // IM, of each engine
    int vmem_lines = 4096;         // vector memory
    int burst_lines = 16;          // BL
    int piece_fifo = 256;          // PF
    int line_fifo = 64;            // LF
    int store_fifo = 64;           // SF
    bool operator==(const ArrayConfig&) const = default;

    // Row slots that an operation may have.
    [[nodiscard]] int row_slots() const { return std::min(slots, int{timing::kMaxRowSlots}); }
    [[nodiscard]] int line_bytes() const { return 64 * channels; }
    [[nodiscard]] int line_words() const { return 8 * channels; }
    // Result sub-banks: how many consecutive result addresses STORE reads in a cycle.
    [[nodiscard]] int result_banks() const {
        return line_bytes() / (2 * columns) > 1 ? line_bytes() / (2 * columns) : 1;
    }
    // N:M: words of the indices of one pair of a group, C*column_slots nibbles. Each such row begins at a
    // word.
    [[nodiscard]] std::int64_t index_row_words(std::int64_t column_slots) const {
        return ceil_div<std::int64_t>(columns * column_slots, kIndicesOfWord);
    }
};

// Bytes of DRAM that have a defined value before the program runs; everything else reads as zero.
struct ImageSegment {
    std::int64_t address = 0;
    std::vector<std::uint8_t> bytes;
    bool operator==(const ImageSegment&) const = default;
};

struct Program {
    ArrayConfig config;
    std::array<std::vector<Instruction>, kEngines> streams;
    std::array<std::uint8_t, kSemaphores> semaphores{};
    std::int64_t address = 0;  // line-aligned DRAM address of the program image itself (header and streams)
    std::vector<ImageSegment> image;
    bool operator==(const Program&) const = default;
};

// The instruction image that FETCH reads (contract.md §2): header line, then the streams, each from a line
// boundary.
[[nodiscard]] std::vector<std::uint8_t> fetch_image(const Program& program);
[[nodiscard]] std::int64_t fetch_lines(const Program& program);  // lines of fetch_image, header included

[[nodiscard]] std::vector<std::uint8_t> serialize(const Program& program);
// Throws InputError (naming `name`) for a wrong magic, version, digest, checksum, truncation, or a bad
// instruction.
[[nodiscard]] Program deserialize(const std::vector<std::uint8_t>& bytes, const std::string& name);

void save_program(const Program& program, const std::filesystem::path& path);
[[nodiscard]] Program load_program(const std::filesystem::path& path);

}  // namespace satsim::isa
