// One STORE operation as its registers state it, and its pieces gathered by DRAM line (contract.md §7).
#pragma once

#include <cstdint>
#include <span>

#include "runtime/isa/program.hpp"
#include "sat_isa.hpp"
#include "sim/cycle/positions.hpp"
#include "sim/support/divisor.hpp"

namespace satsim::cycle {

enum class StoreSource : std::uint8_t { Result = 0, Vmem = 1, Zero = 2 };

struct StoreOperation {
    std::int64_t base = 0;  // bytes
    std::int64_t len = 8;   // bytes per position, multiple of 8
    std::int64_t px = 0;    // bytes
    std::int64_t py = 0;    // bytes
    std::int64_t pb = 0;    // bytes
    Grid grid;
    Position seek_to;
    std::int64_t count = 1;
    StoreSource source = StoreSource::Result;
    bool seek = true;
    bool advance = false;
    bool fp16 = true;  // Result: 2 bytes an element, otherwise 4

    bool operator==(const StoreOperation&) const = default;

    // Of an operation that has begun: where it began is no longer needed.
    void walk(StateWalk& state);

    [[nodiscard]] static StoreOperation from(std::span<const std::int64_t> registers, std::uint32_t flags);
    [[nodiscard]] std::int64_t element_bytes() const { return fp16 ? 2 : 4; }
};

// Consecutive pieces of one line.
struct StoreChunk {
    std::int64_t line = 0;
    std::int64_t pieces = 0;
};

class StoreWalk {
  public:
    StoreWalk() = default;
    StoreWalk(const isa::ArrayConfig& config, const StoreOperation& operation, const Position& start);

    [[nodiscard]] bool done() const { return left_ == 0 && run_bytes_ == 0; }
    [[nodiscard]] StoreChunk next();
    // Lines that follow the last chunk's without a gap and are one piece each; passes so many of them.
    [[nodiscard]] std::int64_t whole_lines() const;
    void pass_lines(std::int64_t lines);
    [[nodiscard]] const Position& position() const { return at_; }
    void walk(StateWalk& state);

  private:
    void start_run();

    StoreOperation op_;
    Divisor line_bytes_;
    Divisor bank_bytes_;      // DRAM bytes of one result address (RESULT), of the whole position otherwise
    std::int64_t banks_ = 1;  // result addresses of a piece
    bool uncut_ = false;      // these are enough for a position
    Position at_;
    std::int64_t left_ = 0;
    std::int64_t run_line_ = 0;    // of the next byte
    std::int64_t run_offset_ = 0;  // its byte in that line
    std::int64_t run_bytes_ = 0;   // bytes of contiguous positions that are left
    std::int64_t phase_ = 0;       // bytes of the current position that are done
};

}  // namespace satsim::cycle
