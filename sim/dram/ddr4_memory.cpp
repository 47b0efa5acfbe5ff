#include "sim/dram/ddr4_memory.hpp"

#include <algorithm>

namespace satsim::dram {
namespace {

// Lines from one position to the next, where each is one line in the same place of it; else more than a row.
Divisor line_pitch(const StridedRun& run, const Divisor& line_bytes) {
    const bool single = run.step > 0 && line_bytes.remainder(run.step) == 0 &&
                        line_bytes.quotient(run.address) == run.last_line;
    return Divisor(single ? line_bytes.quotient(run.step) : kLinesPerRow);
}

}  // namespace

Cycles Ddr4Memory::ready(Cycles request, const Bank& bank, std::int64_t row) const {
    const Cycles seen = request + timing_.ctrl;
    if (bank.row == row) return seen;
    if (bank.row == kClosed) return std::max(seen, closed_until_) + timing_.rcd;
    return std::max(seen, bank.activated + timing_.ras) + timing_.rp + timing_.rcd;
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

// place() for bursts that need a look at their bank only: refreshes and turnarounds are left to read().
std::int64_t Ddr4Memory::read_paced(PacedReads& reads, const Divisor& line_bytes,
                                    const Divisor& burst_lines) {
    reads.lates = 0;
    if (!paces(burst_lines) || last_direction_ != Direction::Read) return 0;
    const Divisor bytes = line_bytes;  // copies, so that no write to a bank can change them
    const Divisor longest = burst_lines;
    StridedRun run = reads.run;
    const Cycles ctrl = timing_.ctrl;
    const Cycles stop = reads.most >= reads.end - reads.from ? reads.end : reads.from + reads.most;
    // Slot of the line that the reader takes in `paced` at the latest, less `paced`.
    Cycles slack = reads.due + 1 - (timing_.cl + timing_.phy) - reads.from;
    Cycles leeway = reads.leeway;
    const Divisor pitch = line_pitch(run, bytes);
    const bool several_a_row = pitch.value() < kLinesPerRow;
    Cycles paced = reads.from;  // a cycle a line: the last request's cycle
    Cycles slot = last_slot_;
    while (run.positions > 0 && paced < stop) {
        const int burst = run.burst(longest);
        const Cycles request = paced + burst;
        if (request >= reads.end) break;
        const auto [number, row] = bank_address(run.line);
        Bank& bank = banks_[static_cast<std::size_t>(number)];
        const bool hit = bank.row == row;
        const Cycles at = hit ? request + ctrl : ready(request, bank, row);
        const Cycles first = std::max(at, slot + 1);
        if (first + burst > next_refresh_) break;
        if (!hit) {
            bank = {row, at - timing_.rcd};
            ++counters_.activates;
        }
        slot = first + burst - 1;
        const Cycles late = first - (paced + slack);
        if (late > 0) {
            reads.late[reads.lates++] = {paced - reads.from, late};
            slack += late;
            leeway -= late;
        }
        paced = request;
        run.pass(burst, bytes);
        if (leeway < 0 || reads.lates == PacedReads::kMostLate) break;
        if (!several_a_row) continue;
        // The next positions hit the open row: each a cycle after the one before it, and no later than that.
        const std::int64_t in_row = kLinesPerRow - 1 - ((run.line - pitch.value()) & (kLinesPerRow - 1));
        const std::int64_t hits =
            std::max<std::int64_t>(0, std::min({pitch.quotient(in_row), run.positions, stop - paced,
                                                reads.end - 1 - paced, next_refresh_ - 1 - slot}));
        slot += hits;
        paced += hits;
        run.positions -= hits;
        run.address += hits * run.step;
        run.line += hits * pitch.value();
        run.last_line = run.line;
    }
    reads.run = run;
    last_slot_ = slot;
    const std::int64_t lines = paced - reads.from;
    counters_.read_lines += lines;
    return lines;
}

Cycles Ddr4Memory::write(Cycles now, std::int64_t line, std::span<Cycles> accepted) {
    counters_.write_lines += static_cast<std::int64_t>(accepted.size());
    Cycles offered = now + 1;
    for (std::size_t i = 0; i < accepted.size(); ++i) {
        accepted[i] = port_.stalls() ? port_.accept(offered, bursts_, static_cast<int>(i)) : offered;
        offered = accepted[i] + 1;
        last_slot_ = place(accepted[i], line + static_cast<std::int64_t>(i), Direction::Write);
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
