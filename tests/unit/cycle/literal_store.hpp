// STORE cycle by cycle, as contract.md §7 is written: a second opinion on StoreTiming that shares no code
// with it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "sim/cycle/store_operation.hpp"
#include "tests/unit/cycle/literal_load.hpp"

namespace satsim::cycle::literal {

class Store {
  public:
    Store(const isa::ArrayConfig& config, dram::Memory& memory) : config_(config), memory_(memory) {}

    std::vector<Address> addresses;
    std::vector<Cycles> releases;
    std::vector<Cycles> ends;
    bool ready = true;

    void dispatch(Cycles d, const StoreOperation& op) {
        ready = false;
        first_ = d + isa::timing::kAddressSetup;
        cut(op);
        next_ = 0;
        active_ = true;
    }
    [[nodiscard]] bool idle() const { return !active_ && closed_.empty(); }

    void cycle(Cycles t) {
        std::int64_t in_fifo = pushed_;
        for (const Cycles at : handshakes_) in_fifo -= at < t ? 1 : 0;
        address(t);
        generate(t, in_fifo);
    }

  private:
    struct Closed {
        Address burst;  // at: c_j
        bool last = false;
    };

    void cut(const StoreOperation& op) {
        lines_.clear();
        Position p = op.seek ? op.seek_to : saved_;
        const std::int64_t element = op.fp16 ? 2 : 4;
        const std::int64_t banks = std::max(1, config_.line_bytes() / (2 * config_.columns));
        for (std::int64_t i = 0; i < op.count; ++i) {
            const std::int64_t base = op.base + p.b * op.pb + p.y * op.py + p.x * op.px;
            std::int64_t end = 0;  // byte of the position at which the current piece must end
            for (std::int64_t byte = 0; byte < op.len; byte += 2) {
                const std::int64_t line = (base + byte) / config_.line_bytes();
                const bool bank = op.source == StoreSource::Result && byte == end;
                if (byte == 0 || line != lines_.back() || bank) {
                    lines_.push_back(line);
                    end = (byte / element / config_.columns + banks) * config_.columns * element;
                }
            }
            if (++p.x == op.grid.w) {
                p.x = 0;
                if (++p.y == op.grid.h) {
                    p.y = 0;
                    ++p.b;
                }
            }
        }
        if (op.advance) saved_ = p;
    }

    void address(Cycles t) {
        if (closed_.empty() || closed_.front().burst.at >= t) return;
        if (!handshakes_.empty() && handshakes_.back() >= t) return;
        const auto n = responses_.size();
        const auto most = static_cast<std::size_t>(isa::timing::kWriteBursts);
        if (n >= most && responses_[n - most] >= t) return;
        const Closed head = closed_.front();
        closed_.pop_front();
        std::vector<Cycles> accepted(static_cast<std::size_t>(head.burst.lines));
        responses_.push_back(memory_.write(t, head.burst.line, accepted));
        handshakes_.insert(handshakes_.end(), accepted.begin(), accepted.end());
        addresses.push_back({t, head.burst.line, head.burst.lines});
        if (head.last) ends.push_back(responses_.back());
    }

    void close(Cycles t, bool last) {
        closed_.push_back({{t, *burst_ - burst_lines_ + 1, burst_lines_}, last});
        burst_.reset();
    }

    void generate(Cycles t, std::int64_t in_fifo) {
        if (!active_ || t < first_ || in_fifo > config_.store_fifo - 2) return;
        if (next_ == lines_.size()) {  // f
            ++pushed_;
            open_.reset();
            close(t, true);
            releases.push_back(t);
            active_ = false;
            ready = true;
            return;
        }
        const std::int64_t line = lines_[next_++];
        if (open_ && *open_ == line) return;
        if (open_) ++pushed_;
        open_ = line;
        if (burst_ && line == *burst_ + 1 && burst_lines_ < config_.burst_lines &&
            line % config_.burst_lines != 0) {
            ++burst_lines_;
        } else {
            if (burst_) close(t, false);
            burst_lines_ = 1;
        }
        burst_ = line;
    }

    isa::ArrayConfig config_;
    dram::Memory& memory_;
    Position saved_;
    std::vector<std::int64_t> lines_;  // of each piece
    std::size_t next_ = 0;
    bool active_ = false;
    Cycles first_ = 0;
    std::optional<std::int64_t> open_;   // open line
    std::optional<std::int64_t> burst_;  // last line of the open burst
    int burst_lines_ = 0;
    std::int64_t pushed_ = 0;
    std::deque<Closed> closed_;
    std::vector<Cycles> handshakes_;
    std::vector<Cycles> responses_;
};

}  // namespace satsim::cycle::literal
