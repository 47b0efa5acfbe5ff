// One LOAD operation as its registers state it, and its positions as runs of bytes and zeros (contract.md
// §4).
#pragma once

#include <cstdint>
#include <span>

#include "sat_isa.hpp"
#include "sim/cycle/positions.hpp"

namespace satsim::cycle {

struct LoadOperation {
    std::int64_t base = 0;  // bytes
    std::int64_t len = 8;   // bytes per position, multiple of 8
    std::int64_t px = 0;    // bytes
    std::int64_t py = 0;    // bytes
    std::int64_t pb = 0;    // bytes
    Grid grid;
    std::int64_t sx = 1;
    std::int64_t sy = 1;
    std::int64_t ox = 0;
    std::int64_t oy = 0;
    std::int64_t in_w = 1;
    std::int64_t in_h = 1;
    Position seek_to;
    std::int64_t count = 1;
    bool seek = true;
    bool advance = false;
    std::int64_t copies = 1;  // rows that each word is written to (WEST_QUADS: 4)

    bool operator==(const LoadOperation&) const = default;
    // The first x (y) whose input column (row) is not before `column` (`row`).
    [[nodiscard]] std::int64_t first_x(std::int64_t column) const;
    [[nodiscard]] std::int64_t first_y(std::int64_t row) const;

    // Of an operation that has begun: where it began is no longer needed.
    void walk(StateWalk& state);

    // Words written into on-chip memories.
    [[nodiscard]] std::int64_t written_words() const { return count * (len / 8) * copies; }
    [[nodiscard]] static LoadOperation from(std::span<const std::int64_t> registers, std::uint32_t flags);
};

// Consecutive positions of one grid row: `len` bytes of DRAM each, `step` bytes from one to the next, or
// zeros.
struct LoadRun {
    bool zeros = false;
    std::int64_t address = 0;
    std::int64_t positions = 0;
    std::int64_t step = 0;
};

class LoadWalk {
  public:
    LoadWalk() = default;
    LoadWalk(const LoadOperation& operation, const Position& start);

    [[nodiscard]] bool done() const { return left_ == 0; }
    [[nodiscard]] LoadRun next();
    [[nodiscard]] const Position& position() const { return at_; }
    void walk(StateWalk& state);

  private:
    LoadOperation op_;
    Position at_;
    std::int64_t left_ = 0;
    std::int64_t valid_from_ = 0;  // first x inside the input
    std::int64_t valid_to_ = 0;    // first x behind it
};

}  // namespace satsim::cycle
