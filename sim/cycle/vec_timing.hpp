// When a vector operation is released and ends: docs/architecture/vector.md §1, without SystemC.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "runtime/support/types.hpp"
#include "sat_isa.hpp"
#include "sim/support/state_walk.hpp"

namespace satsim::cycle {

// N of M, as registers nm_f and nm_b hold it; n = 0: no packed copy.
struct Packing {
    std::int64_t n = 0;
    std::int64_t m = 0;
    bool operator==(const Packing&) const = default;
};

struct VecOperation {
    std::int64_t rows = 1;
    std::int64_t channels = 1;
    int slots = 1;   // of the operation itself
    int writes = 0;  // of them, those that write VMEM
    Packing along_rows;
    Packing along_columns;

    // Throws InputError for an operation that does not exist or a packing of N:0.
    [[nodiscard]] static VecOperation from(std::span<const std::int64_t> registers);
    bool operator==(const VecOperation&) const = default;
    [[nodiscard]] bool packs() const { return along_rows.n > 0 || along_columns.n > 0; }
    // K: slots a block takes on `lanes` lanes, with the writes of packed copies.
    [[nodiscard]] std::int64_t block_slots(std::int64_t lanes) const;
};

class VecTiming {
  public:
    struct Times {
        Cycles release = 0;
        Cycles end = 0;
    };

    VecTiming() = default;
    explicit VecTiming(int line_bytes) : lanes_(line_bytes / 4) {}

    [[nodiscard]] std::int64_t lanes() const { return lanes_; }
    // First cycle in which the next operation may be dispatched.
    [[nodiscard]] Cycles ready() const { return ready_; }
    // d >= ready().
    Times dispatch(Cycles d, const VecOperation& op);
    void walk(StateWalk& state) const { state.time(ready_); }

  private:
    std::int64_t lanes_ = 16;
    Cycles ready_ = std::numeric_limits<Cycles>::min() / 4;
};

}  // namespace satsim::cycle
