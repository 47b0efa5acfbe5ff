#include "tests/unit/rtl_top/axi_channel.hpp"

#include <algorithm>
#include <cstring>
#include <span>

namespace satsim::rtl_top {
namespace {

constexpr std::uint8_t kOkay = 0;
constexpr std::uint8_t kSlaveError = 2;
constexpr std::uint64_t kPageBytes = 4096;

}  // namespace

void AxiChannel::drive(Cycles now) {
    *pins_.arready = chance();
    *pins_.awready = chance();
    *pins_.wready = chance();
    // A valid that was not taken stays, with its payload.
    if (!r_valid_ && behaviour.answers && !reads_.empty() && reads_.front().from <= now && now > last_beat_ &&
        chance()) {
        const Burst& burst = reads_.front();
        const std::int64_t line = burst.line + burst.done;
        std::array<std::uint8_t, kBeatBytes> bytes{};
        image_.read(byte_of(line), bytes);
        std::memcpy(r_data_.data(), bytes.data(), bytes.size());
        r_error_ = line == behaviour.read_error_line;
        r_valid_ = true;
    }
    *pins_.rvalid = r_valid_;
    *pins_.rresp = r_error_ ? kSlaveError : kOkay;
    *pins_.rlast = r_valid_ && reads_.front().done + 1 == reads_.front().beats;
    std::memcpy(pins_.rdata, r_data_.data(), sizeof r_data_);

    if (!b_valid_ && behaviour.answers && !writes_.empty() && writes_.front().done == writes_.front().beats &&
        writes_.front().from <= now && chance()) {
        const Burst& burst = writes_.front();
        b_error_ =
            behaviour.write_error_line >= burst.line && behaviour.write_error_line < burst.line + burst.beats;
        b_valid_ = true;
    }
    *pins_.bvalid = b_valid_;
    *pins_.bresp = b_error_ ? kSlaveError : kOkay;
}

void AxiChannel::sample(Cycles now) {
    sample_reads(now);
    sample_writes(now);
}

void AxiChannel::sample_reads(Cycles now) {
    check_held("AR", ar_held_, *pins_.arvalid != 0, *pins_.arready != 0, *pins_.araddr, *pins_.arlen);
    if (r_valid_ && *pins_.rready != 0) {
        r_valid_ = false;
        last_beat_ = now;
        if (++reads_.front().done == reads_.front().beats) reads_.pop_front();
    }
    if (*pins_.arvalid != 0 && *pins_.arready != 0) {
        check_burst("AR", *pins_.araddr, *pins_.arlen, *pins_.arsize, *pins_.arburst);
        reads_.push_back({static_cast<std::int64_t>((*pins_.araddr - base_) / kBeatBytes), *pins_.arlen + 1,
                          0, now + behaviour.read_latency});
        ++read_bursts_;
        most_reads_ = std::max(most_reads_, reads_.size());
    }
}

void AxiChannel::sample_writes(Cycles now) {
    check_held("AW", aw_held_, *pins_.awvalid != 0, *pins_.awready != 0, *pins_.awaddr, *pins_.awlen);
    if (b_valid_ && *pins_.bready != 0) {
        b_valid_ = false;
        writes_.pop_front();
    }
    if (*pins_.awvalid != 0 && *pins_.awready != 0) {
        check_burst("AW", *pins_.awaddr, *pins_.awlen, *pins_.awsize, *pins_.awburst);
        writes_.push_back(
            {static_cast<std::int64_t>((*pins_.awaddr - base_) / kBeatBytes), *pins_.awlen + 1});
    }
    WriteBeat beat{};
    std::memcpy(beat.data.data(), pins_.wdata, sizeof beat.data);
    beat.strobe = *pins_.wstrb;
    beat.last = *pins_.wlast != 0;
    const bool valid = *pins_.wvalid != 0;
    if (w_held_) {
        if (!valid) complain("WVALID fell before WREADY");
        if (beat.data != w_held_beat_.data || beat.strobe != w_held_beat_.strobe ||
            beat.last != w_held_beat_.last)
            complain("W changed before WREADY");
    }
    w_held_ = valid && *pins_.wready == 0;
    w_held_beat_ = beat;
    if (valid && *pins_.wready != 0) {
        beats_.push_back(beat);
        if (beat.strobe == 0) ++empty_beats_;
    }
    match_writes(now);
}

// Gives beats to the oldest burst that lacks some.
void AxiChannel::match_writes(Cycles now) {
    while (!beats_.empty()) {
        const auto burst =
            std::find_if(writes_.begin(), writes_.end(), [](const Burst& b) { return b.done < b.beats; });
        if (burst == writes_.end()) return;
        store(burst->line + burst->done, beats_.front());
        ++burst->done;
        if (beats_.front().last != (burst->done == burst->beats)) complain("WLAST is not at the burst's end");
        burst->from = now + 1;
        beats_.pop_front();
    }
}

void AxiChannel::store(std::int64_t line, const WriteBeat& beat) {
    std::array<std::uint8_t, kBeatBytes> bytes{};
    std::memcpy(bytes.data(), beat.data.data(), bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (((beat.strobe >> i) & 1U) != 0)
            image_.write(byte_of(line) + static_cast<std::int64_t>(i), std::span(bytes).subspan(i, 1));
    }
}

void AxiChannel::check_burst(const char* what, std::uint64_t address, int length, int size, int kind) {
    const std::string name = what;
    const std::uint64_t bytes = static_cast<std::uint64_t>(length + 1) * kBeatBytes;
    if (size != 6 || kind != 1) complain(name + " is no INCR burst of 64-byte beats");
    if (address % kBeatBytes != 0) complain(name + " is not aligned");
    if (address % kPageBytes + bytes > kPageBytes) complain(name + " crosses 4 KiB");
    if (address < base_ || address + bytes > base_ + static_cast<std::uint64_t>(limit_lines) * kBeatBytes)
        complain(name + " is outside the region");
}

void AxiChannel::check_held(const char* what, Held& held, bool valid, bool ready, std::uint64_t address,
                            int length) {
    if (held.valid && !valid) complain(std::string(what) + "VALID fell before its ready");
    if (held.valid && valid && (address != held.address || length != held.length))
        complain(std::string(what) + " changed before its ready");
    held = {valid && !ready, address, length};
}

}  // namespace satsim::rtl_top
