// The DDR4 bus for blocks of lines: a line a cycle, turnarounds, refresh. How often the bus turns and how
// often a burst opens a row is learnt from bursts that were followed one by one.
#pragma once

#include <array>

#include "runtime/hardware/memory_config.hpp"
#include "runtime/support/types.hpp"

namespace satsim::fast {

// Times are cycles; fractions, because a block's share of an operation is one.
class MemoryBus {
  public:
    struct Block {
        double request = 0;  // cycle in which its first burst reaches the memory
        double lines = 0;
        double bursts = 0;
        double span = 0;  // cycles over which its bursts are spread
        bool write = false;
    };
    struct Slots {
        double first = 0;  // the first line has the bus
        double end = 0;    // the last line has left it
    };

    MemoryBus() = default;
    explicit MemoryBus(const dram::MemoryConfig& memory);

    // `bursts` that were followed came from cycle `first` to `last`.
    void followed(Cycles first, Cycles last, std::int64_t bursts, bool write);
    // Bursts that open a row, as a share of all.
    void expect_misses(double share) { misses_ = share; }

    // After everything taken before.
    Slots take(const Block& block);

  private:
    // Of the bursts near traffic of the other direction, how many turned the bus.
    struct Turns {
        double bursts = 0;
        double turned = 0;
        [[nodiscard]] double share() const { return bursts > 0 ? turned / bursts : 1; }
    };
    static constexpr double kLongAgo = -1e9;

    dram::Ddr4Timing timing_;
    double misses_ = 0;
    double free_ = 0;
    double refresh_ = 0;                                  // begin of the next one
    std::array<double, 2> ends_{kLongAgo, kLongAgo};      // of the last reads, writes
    std::array<double, 2> followed_{kLongAgo, kLongAgo};  // the last of each that was followed
    std::array<Turns, 2> turns_;
    bool followed_write_ = false;
};

}  // namespace satsim::fast
