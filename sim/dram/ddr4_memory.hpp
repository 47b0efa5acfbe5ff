// A gang of DDR4 channels that get the same commands: banks with open rows, refresh, bus turnaround.
//
// docs/architecture/memory.md states the rules. First come first served: every call settles the bus slots of
// its whole burst, so the state below is all there is. Slots grow strictly: never more than one line a cycle.
#pragma once

#include <algorithm>
#include <array>

#include "sim/dram/channel_port.hpp"
#include "sim/dram/memory.hpp"

namespace satsim::dram {

// Where a line lies on every channel. Consecutive banks for consecutive rows, hashed with the row's low bits.
struct BankAddress {
    int bank;
    std::int64_t row;
};
inline constexpr std::int64_t kLinesPerRow = 128;  // 64-byte beats of an 8 KiB row
// All lines of a row number, over all banks; and the distance after which lines lie in the same bank again,
// for every line: 16 rows further on.
inline constexpr std::int64_t kRowSpanLines = kLinesPerRow * 16;
inline constexpr std::int64_t kBankPeriodLines = kRowSpanLines * 16;
[[nodiscard]] constexpr BankAddress bank_address(std::int64_t line) {
    return {static_cast<int>(((line >> 7) ^ (line >> 11)) & 15), line >> 11};
}

class PaceKeeper;

class Ddr4Memory final : public Memory {
  public:
    explicit Ddr4Memory(const MemoryConfig& config)
        : config_(config), timing_(config.ddr4), next_refresh_(config.ddr4.refi), port_(config) {}

    void read(Cycles now, std::int64_t line, std::span<Cycles> arrival) override;
    [[nodiscard]] std::int64_t read_paced(PacedReader& reader, Cycles end, std::int64_t most,
                                          const Divisor& line_bytes, const Divisor& burst_lines) override;
    // No burst lies in two rows, and nothing is random.
    [[nodiscard]] bool paces(const Divisor& burst_lines) const override {
        return burst_lines.remainder(kLinesPerRow) == 0 && !port_.stalls();
    }
    [[nodiscard]] Cycles write(Cycles now, std::int64_t line, std::span<Cycles> accepted) override;
    [[nodiscard]] MemoryCounters counters(Cycles end) const override;
    void reset() override { *this = Ddr4Memory(config_); }

    void walk(StateWalk& state) override;
    [[nodiscard]] Cycles phase(Cycles now) const override { return now % timing_.refi; }
    [[nodiscard]] std::int64_t repeats_after_lines() const override { return kBankPeriodLines; }
    [[nodiscard]] std::int64_t row_lines() const override { return kRowSpanLines; }

  private:
    static constexpr std::int64_t kClosed = -1;
    enum class Direction { None, Read, Write };
    struct Bank {
        std::int64_t row = kClosed;
        Cycles activated = 0;
    };

    class OpenRows;
    // read_paced() for what lies in any way, and for positions of one line each.
    std::int64_t read_bursts(PacedReader& reader, PaceKeeper& pace, Cycles end, std::int64_t most,
                             const Divisor& line_bytes, const Divisor& burst_lines);
    std::int64_t read_single_lines(PacedReader& reader, PaceKeeper& keeper, Cycles end, std::int64_t most,
                                   const Divisor& line_bytes);
    // Bus slot of one beat, refreshes included. `request`: cycle of its AR or W handshake.
    [[nodiscard]] Cycles place(Cycles request, std::int64_t line, Direction direction);
    // Cycle in which the beat could have the bus if it were free.
    [[nodiscard]] static Cycles ready(Cycles request, const Bank& bank, std::int64_t row,
                                      const Ddr4Timing& timing, Cycles closed_until) {
        const Cycles seen = request + timing.ctrl;
        if (bank.row == row) return seen;
        if (bank.row == kClosed) return std::max(seen, closed_until) + timing.rcd;
        return std::max(seen, bank.activated + timing.ras) + timing.rp + timing.rcd;
    }
    [[nodiscard]] Cycles ready(Cycles request, const Bank& bank, std::int64_t row) const {
        return ready(request, bank, row, timing_, closed_until_);
    }
    void refresh(Cycles begin);
    // How many lines after `line` follow it on the bus without a gap: same row, no refresh, requested in
    // time.
    [[nodiscard]] std::size_t streak(std::int64_t line, std::size_t left) const;

    MemoryConfig config_;
    Ddr4Timing timing_;
    std::array<Bank, 16> banks_{};
    Cycles closed_until_ = 0;  // end of the last refresh: closed banks open from here on
    Cycles last_slot_ = -1;
    Direction last_direction_ = Direction::None;
    Cycles next_refresh_;
    ChannelPort port_;
    std::int64_t bursts_ = 0;
    MemoryCounters counters_;
};

}  // namespace satsim::dram
