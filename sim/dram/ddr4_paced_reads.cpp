// Ddr4Memory's reads for a reader that keeps step: the rules of place(), many bursts at a time.
#include <algorithm>
#include <limits>

#include "sim/dram/ddr4_memory.hpp"
#include "sim/dram/pace_keeper.hpp"

namespace satsim::dram {
namespace {

// Positions of one line each that all begin at the same place of it.
bool single_lines(const StridedRun& run, const Divisor& line_bytes) {
    return run.step > 0 && line_bytes.remainder(run.step) == 0 &&
           line_bytes.quotient(run.address) == run.last_line;
}

}  // namespace

std::int64_t Ddr4Memory::read_paced(PacedReader& reader, Cycles end, std::int64_t most,
                                    const Divisor& line_bytes, const Divisor& burst_lines) {
    if (!paces(burst_lines)) return 0;
    PaceKeeper pace(reader, timing_.cl + timing_.phy);
    const std::int64_t lines = single_lines(reader.run, line_bytes)
                                   ? read_single_lines(reader, pace, end, most, line_bytes)
                                   : read_bursts(reader, pace, end, most, line_bytes, burst_lines);
    reader.dues_known = pace.dues_known();
    counters_.read_lines += lines;
    return lines;
}

// Reads one after the other. place() is for those that need a look at their bank only; false, and nothing is
// changed, where a refresh or the turn from writes must be looked at too: place_all() does. `slot`: of the
// line before, and then of the first line or the last one.
class Ddr4Memory::OpenRows {
  public:
    explicit OpenRows(Ddr4Memory& memory)
        : memory_(memory), banks_(memory.banks_.data()), timing_(memory.timing_) {
        look();
    }
    [[nodiscard]] bool place(Cycles request, std::int64_t line, std::int64_t lines, Cycles& slot) {
        const auto [number, row] = bank_address(line);
        Bank& bank = banks_[number];
        const bool hit = bank.row == row;
        const Cycles at = ready(request, bank, row, timing_, closed_until_);
        const Cycles first = std::max(at, slot + 1);
        if (first + lines > next_refresh_) return false;
        if (!hit) {
            bank = {row, at - timing_.rcd};
            ++activates_;
        }
        slot = first;
        return true;
    }
    void place_all(Cycles request, std::int64_t line, std::int64_t lines, std::int64_t number,
                   PaceKeeper& pace, Cycles& slot) {
        memory_.last_slot_ = slot;
        for (std::int64_t i = 0; i < lines; ++i) {
            slot = memory_.place(request, line + i, Direction::Read);
            pace.take(number + i, slot);
        }
        look();
    }
    // Lines that can follow the one in `slot`.
    [[nodiscard]] std::int64_t before_refresh(Cycles slot) const { return next_refresh_ - 1 - slot; }
    [[nodiscard]] std::int64_t activates() const { return activates_; }

  private:
    void look() {
        closed_until_ = memory_.closed_until_;
        const bool reading = memory_.last_direction_ == Direction::Read;
        next_refresh_ = reading ? memory_.next_refresh_ : std::numeric_limits<Cycles>::min() / 2;
    }

    Ddr4Memory& memory_;
    Bank* banks_;
    Ddr4Timing timing_;  // copies, so that no write to a bank can change them
    Cycles closed_until_ = 0;
    Cycles next_refresh_ = 0;  // until then place() may do
    std::int64_t activates_ = 0;
};

std::int64_t Ddr4Memory::read_bursts(PacedReader& reader, PaceKeeper& pace, Cycles end, std::int64_t most,
                                     const Divisor& line_bytes, const Divisor& burst_lines) {
    StridedRun run = reader.run;
    OpenRows rows(*this);
    std::int64_t lines = 0;
    Cycles slot = last_slot_;
    while (run.positions > 0 && lines < most) {
        const int burst = run.burst(burst_lines);
        const Cycles request = pace.request(lines + burst);
        if (request >= end || pace.room() < static_cast<std::size_t>(burst)) break;
        if (rows.place(request, run.line, burst, slot)) {
            pace.take(lines + 1, slot);
            slot += burst - 1;
        } else {
            rows.place_all(request, run.line, burst, lines + 1, pace, slot);
        }
        lines += burst;
        reader.last_request = request;
        ++reader.bursts;
        run.pass(burst, line_bytes);
    }
    reader.run = run;
    last_slot_ = slot;
    counters_.activates += rows.activates();
    return lines;
}

// The same, faster: hundreds of millions of them in the WU of a wide head.
std::int64_t Ddr4Memory::read_single_lines(PacedReader& reader, PaceKeeper& keeper, Cycles end,
                                           std::int64_t most, const Divisor& line_bytes) {
    PaceKeeper pace = keeper;
    OpenRows rows(*this);
    const Divisor pitch(line_bytes.quotient(reader.run.step));
    std::int64_t line = reader.run.line;
    std::int64_t lines = 0;
    Cycles slot = last_slot_;
    most = std::min(most, reader.run.positions);
    while (lines < most && pace.room() > 0) {
        // Until then requests come a cycle apart, unless a line is late.
        const Cycles ahead = pace.request(lines + 1) - (lines + 1);
        const std::int64_t until = std::min({most, lines + pace.steady(lines), end - 1 - ahead});
        if (lines >= until) break;
        const Cycles due = pace.due();
        while (lines < until) {
            if (!rows.place(ahead + lines + 1, line, 1, slot)) {
                rows.place_all(ahead + lines + 1, line, 1, lines + 1, pace, slot);
                ++lines;
                line += pitch.value();
                break;
            }
            ++lines;
            const std::int64_t in_row = kLinesPerRow - 1 - (line & (kLinesPerRow - 1));
            line += pitch.value();
            if (slot > due + lines) {
                pace.take(lines, slot);
                break;
            }
            if (pitch.value() > in_row) continue;
            // The next ones hit the open row: each a cycle after the one before it, and no later.
            const std::int64_t hits = std::max<std::int64_t>(
                0, std::min({pitch.quotient(in_row), until - lines, rows.before_refresh(slot)}));
            slot += hits;
            lines += hits;
            line += hits * pitch.value();
        }
        reader.last_request = ahead + lines;
    }
    keeper = pace;
    reader.bursts += lines;
    reader.run.positions -= lines;
    reader.run.address += lines * reader.run.step;
    reader.run.line = reader.run.last_line = line;
    last_slot_ = slot;
    counters_.activates += rows.activates();
    return lines;
}

}  // namespace satsim::dram
