#include "sim/dram/ddr4_memory.hpp"

#include <algorithm>

namespace satsim::dram {

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
