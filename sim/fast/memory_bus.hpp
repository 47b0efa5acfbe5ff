// The DDR4 bus for blocks of lines: a line a cycle, turnarounds, refresh. Rows open in time where the
// bus is busy; else a burst waits for its row as often as rows are opened.
#pragma once

#include <array>

#include "runtime/hardware/memory_config.hpp"
#include "runtime/support/types.hpp"

namespace satsim::fast {

class MemoryBus {
  public:
    // Times are cycles; they are fractions because a block's share of an operation is.
    struct Slots {
        double first = 0;  // the first line has the bus
        double end = 0;    // the last line has left it
    };

    MemoryBus() = default;
    explicit MemoryBus(const dram::MemoryConfig& memory);

    // Bursts that open a row, as a share of all.
    void expect_misses(double share) { misses_ = share; }

    // `lines` in `bursts`, requested in `request`, after everything taken before.
    Slots take(double request, double lines, double bursts, bool write);

  private:
    dram::Ddr4Timing timing_;
    bool refreshes_ = true;
    double misses_ = 0;
    double free_ = 0;
    bool writing_ = false;
    std::array<double, 2> density_{};  // bursts per line of the last reads, writes
    double refresh_ = 0;               // begin of the next one
};

}  // namespace satsim::fast
