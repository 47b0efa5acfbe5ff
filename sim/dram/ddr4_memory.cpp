#include "sim/dram/ddr4_memory.hpp"

#include <algorithm>
#include <limits>

namespace satsim::dram {
namespace {

// Positions of one line each that all begin at the same place of it.
bool single_lines(const StridedRun& run, const Divisor& line_bytes) {
    return run.step > 0 && line_bytes.remainder(run.step) == 0 &&
           line_bytes.quotient(run.address) == run.last_line;
}

}  // namespace

// What a PacedReader asks for and when, while its lines are taken one after the other.
class PaceKeeper {
  public:
    // `latency`: cycles from a line's slot to its arrival.
    PaceKeeper(const PacedReader& reader, Cycles latency)
        : dues_(reader.dues.data()),
          known_(reader.dues_known),
          capacity_(reader.dues.size()),
          from_(reader.from),
          room_(reader.room),
          latency_(latency),
          due_(dues_[known_ - 1].by - latency) {
        look_back();
    }
    // Lines that may come late before the reader has to be asked again.
    [[nodiscard]] std::size_t room() const { return capacity_ - known_; }
    [[nodiscard]] std::size_t dues_known() const { return known_; }
    // Line k is late if its slot is after due() + k.
    [[nodiscard]] Cycles due() const { return due_; }

    // Cycle in which the burst that ends with line `last` is requested. Ascending.
    [[nodiscard]] Cycles request(std::int64_t last) {
        while (last >= next_) {
            ++back_;
            look_back();
        }
        return pace_ + last;
    }
    // Lines behind number `line` by which no request is put off once more.
    [[nodiscard]] std::int64_t steady(std::int64_t line) const { return next_ - 1 - line; }
    // A burst's first line has its slot in cycle `slot`, the others one a cycle behind it.
    void take(std::int64_t line, Cycles slot) {
        if (slot <= due_ + line) return;
        due_ = slot - line;
        dues_[known_++] = {line, due_ + latency_};
        if (back_ + 2 == known_) next_ = line + room_;
    }

  private:
    void look_back() {
        pace_ = std::max(from_, dues_[back_].by + 2 - room_);
        next_ = back_ + 1 < known_ ? dues_[back_ + 1].line + room_ : kNever;
    }

    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
    PacedReader::Due* dues_;
    std::size_t known_;
    std::size_t capacity_;
    Cycles from_;
    std::int64_t room_;
    Cycles latency_;
    Cycles due_;             // of the newest, as a slot
    std::size_t back_ = 0;   // the one that requests look back to
    Cycles pace_ = 0;        // of requests
    std::int64_t next_ = 0;  // first line whose burst's request looks back to the next one
};

Cycles Ddr4Memory::ready(Cycles request, const Bank& bank, std::int64_t row, const Ddr4Timing& timing,
                         Cycles closed_until) {
    const Cycles seen = request + timing.ctrl;
    if (bank.row == row) return seen;
    if (bank.row == kClosed) return std::max(seen, closed_until) + timing.rcd;
    return std::max(seen, bank.activated + timing.ras) + timing.rp + timing.rcd;
}

// Banks are closed by the refresh that began in cycle `begin`.
void Ddr4Memory::refresh(Cycles begin) {
    for (Bank& bank : banks_) bank.row = kClosed;
    closed_until_ = begin + timing_.rfc;
    next_refresh_ = begin + timing_.refi;
}

Cycles Ddr4Memory::place(Cycles request, std::int64_t line, Direction direction) {
    const auto [number, row] = bank_address(line);
    Bank& bank = banks_[static_cast<std::size_t>(number)];
    Cycles bus = last_slot_ + 1;
    if (last_direction_ != direction) {
        if (last_direction_ == Direction::Write) bus += timing_.wtr;
        if (last_direction_ == Direction::Read) bus += timing_.rtw;
    }
    Cycles at = ready(request, bank, row);
    Cycles slot = std::max(at, bus);
    while (slot >= next_refresh_) {
        // A closed bank's slot only moves later, so all refreshes up to it happen; an open bank that held
        // another row may be served earlier once it is closed: one refresh at a time.
        refresh(bank.row == kClosed ? slot / timing_.refi * timing_.refi : next_refresh_);
        at = ready(request, bank, row);
        slot = std::max(at, bus);
    }
    if (bank.row != row) {
        bank = {row, at - timing_.rcd};
        ++counters_.activates;
    }
    last_slot_ = slot;
    last_direction_ = direction;
    return slot;
}

std::size_t Ddr4Memory::streak(std::int64_t line, std::size_t left) const {
    const std::int64_t in_row = kLinesPerRow - 1 - line % kLinesPerRow;
    const Cycles before_refresh = next_refresh_ - 1 - last_slot_;
    return std::min(left,
                    static_cast<std::size_t>(std::max<std::int64_t>(0, std::min(in_row, before_refresh))));
}

void Ddr4Memory::read(Cycles now, std::int64_t line, std::span<Cycles> arrival) {
    const Cycles latency = timing_.cl + timing_.phy;
    counters_.read_lines += static_cast<std::int64_t>(arrival.size());
    for (std::size_t i = 0; i < arrival.size(); ++i) {
        const std::int64_t at = line + static_cast<std::int64_t>(i);
        arrival[i] = place(now, at, Direction::Read) + latency;
        for (std::size_t n = streak(at, arrival.size() - 1 - i); n > 0; --n, ++i) {
            arrival[i + 1] = arrival[i] + 1;
            ++last_slot_;
        }
    }
    if (port_.stalls()) {
        int beat = 0;
        for (Cycles& at : arrival) at = port_.arrive(at, bursts_, beat++);
    }
    ++bursts_;
}

void Ddr4Memory::read(std::span<const BurstRequest> bursts, std::span<Cycles> arrival) {
    if (port_.stalls()) return Memory::read(bursts, arrival);
    while (!bursts.empty()) {
        const std::size_t lines = read_plain(bursts, arrival.data());
        arrival = arrival.subspan(lines);
        if (bursts.empty()) return;
        const BurstRequest& other = bursts.front();
        read(other.at, other.line, arrival.first(static_cast<std::size_t>(other.lines)));
        arrival = arrival.subspan(static_cast<std::size_t>(other.lines));
        bursts = bursts.subspan(1);
    }
}

// read() for the bursts that most are: in one row, read after reads, before the next refresh. `bursts` is
// then what is left from the first other one on. Returns the lines of those before it.
std::size_t Ddr4Memory::read_plain(std::span<const BurstRequest>& bursts, Cycles* const arrival) {
    if (last_direction_ != Direction::Read) return 0;
    const Cycles ctrl = timing_.ctrl;
    const Cycles latency = timing_.cl + timing_.phy;
    const Cycles next_refresh = next_refresh_;
    Cycles slot = last_slot_;
    Cycles* there = arrival;
    std::int64_t activates = 0;
    const BurstRequest* burst = bursts.data();
    const BurstRequest* const end = burst + bursts.size();
    for (; burst != end; ++burst) {
        const auto [number, row] = bank_address(burst->line);
        Bank& bank = banks_[static_cast<std::size_t>(number)];
        const bool hit = bank.row == row;
        const Cycles at = hit ? burst->at + ctrl : ready(burst->at, bank, row);
        const Cycles first = std::max(at, slot + 1);
        const Cycles last = first + burst->lines - 1;
        const bool one_row = (burst->line & (kLinesPerRow - 1)) + burst->lines <= kLinesPerRow;
        if (!one_row || last >= next_refresh) break;
        if (!hit) {
            bank = {row, at - timing_.rcd};
            ++activates;
        }
        slot = last;
        for (Cycles i = first; i <= last; ++i) *there++ = i + latency;
    }
    const auto lines = static_cast<std::size_t>(there - arrival);
    const auto plain = static_cast<std::size_t>(burst - bursts.data());
    last_slot_ = slot;
    bursts_ += static_cast<std::int64_t>(plain);
    counters_.activates += activates;
    counters_.read_lines += static_cast<std::int64_t>(lines);
    bursts = bursts.subspan(plain);
    return lines;
}

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
            memory_.last_slot_ = memory_.place(request, line + i, Direction::Read);
            pace.take(number + i, memory_.last_slot_);
        }
        slot = memory_.last_slot_;
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
    reader.run.positions -= lines;
    reader.run.address += lines * reader.run.step;
    reader.run.line = reader.run.last_line = line;
    last_slot_ = slot;
    counters_.activates += rows.activates();
    return lines;
}

Cycles Ddr4Memory::write(Cycles now, std::int64_t line, std::span<Cycles> accepted) {
    counters_.write_lines += static_cast<std::int64_t>(accepted.size());
    Cycles offered = now + 1;
    for (std::size_t i = 0; i < accepted.size(); ++i) {
        const std::int64_t at = line + static_cast<std::int64_t>(i);
        accepted[i] = port_.stalls() ? port_.accept(offered, bursts_, static_cast<int>(i)) : offered;
        offered = accepted[i] + 1;
        last_slot_ = place(accepted[i], at, Direction::Write);
        if (port_.stalls()) continue;
        for (std::size_t n = streak(at, accepted.size() - 1 - i); n > 0; --n, ++i) {
            accepted[i + 1] = offered++;
            ++last_slot_;
        }
    }
    ++bursts_;
    return last_slot_ + timing_.wr + timing_.phy;
}

void Ddr4Memory::walk(StateWalk& state) {
    state.same(static_cast<std::int64_t>(last_direction_));
    for (const Cycles at : {closed_until_, last_slot_, next_refresh_}) state.time(at);
    for (Bank& bank : banks_) {
        state.same(bank.row == kClosed);
        if (bank.row == kClosed) continue;
        state.time(bank.activated);
        state.moving(bank.row);
    }
}

MemoryCounters Ddr4Memory::counters(Cycles end) const {
    MemoryCounters all = counters_;
    all.refreshes = end / timing_.refi;
    return all;
}

}  // namespace satsim::dram
