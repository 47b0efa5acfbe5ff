// When a GEMM operation starts, releases and ends: contract.md §5 in closed form, without SystemC.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "runtime/support/types.hpp"
#include "sat_isa.hpp"
#include "sim/support/state_walk.hpp"

namespace satsim::cycle {

// The registers and flags that matter for time and counts.
struct GemmOperation {
    std::int64_t groups = 1;
    std::int64_t sr = 1;
    std::int64_t sc = 1;
    std::int64_t n = 1;
    std::int64_t m = 4;
    std::int64_t rows = 1;
    std::int64_t batches = 1;
    bool first = false;
    bool last = false;
    bool dense = false;
    bool ws = false;
    bool transposed = false;

    [[nodiscard]] static GemmOperation from(std::span<const std::int64_t> registers, std::uint32_t flags);
    bool operator==(const GemmOperation&) const = default;
    // Words that a row feeds in a step, one a cycle: F.
    [[nodiscard]] std::int64_t feed_words() const { return transposed ? sr * m : sr * m / 4; }
    [[nodiscard]] std::int64_t steps() const { return ws ? batches : groups; }
};

class StceRecurrence {
  public:
    struct Times {
        Cycles release = 0;
        Cycles end = 0;
    };

    StceRecurrence() = default;
    StceRecurrence(int rows, int columns) : rows_(rows), columns_(columns) {}

    // First cycle in which `op` may be dispatched.
    [[nodiscard]] Cycles ready(const GemmOperation& op) const;
    // d >= ready(op), growing from call to call.
    Times dispatch(Cycles d, const GemmOperation& op);
    void walk(StateWalk& state) const;

  private:
    static constexpr Cycles kLongAgo = std::numeric_limits<Cycles>::min() / 4;

    [[nodiscard]] Cycles row_delay(const GemmOperation& op, std::int64_t row) const;

    int rows_ = 32;
    int columns_ = 32;
    // Of the previous operation.
    bool any_ = false;
    GemmOperation previous_;
    Cycles step_free_ = kLongAgo;  // first cycle in which its last step has begun and been fed
    Cycles weights_free_ =
        kLongAgo;  // WS: first cycle in which its predecessor's half of the weights is free
    Cycles x_end_ = kLongAgo;
    Cycles all_ended_ = kLongAgo;  // latest end so far
    // Drains: finished from these cycles on.
    Cycles drained_ = kLongAgo;  // the latest
    Cycles drained_before_ = kLongAgo;
};

}  // namespace satsim::cycle
