// LOAD cycle by cycle, as contract.md §4 is written: a second opinion on LoadTiming that shares no code with
// it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "runtime/isa/program.hpp"
#include "sat_isa.hpp"
#include "sim/cycle/load_operation.hpp"
#include "sim/dram/memory.hpp"

namespace satsim::cycle::literal {

struct Address {
    Cycles at;
    std::int64_t line;
    int lines;
    bool operator==(const Address&) const = default;
};

class Load {
  public:
    Load(const isa::ArrayConfig& config, dram::Memory& memory) : config_(config), memory_(memory) {}

    std::vector<Address> addresses;
    std::vector<Cycles> ends;
    bool ready = true;  // in the coming cycle

    void dispatch(Cycles d, const LoadOperation& op) {
        ready = false;
        first_ = d + isa::timing::kAddressSetup;
        cut(op);
        kept_.clear();
        next_ = 0;
        active_ = true;
    }
    [[nodiscard]] bool idle() const { return !active_ && fifo_.empty(); }

    // One clock cycle t. Everything looks at the state at its beginning.
    void cycle(Cycles t) {
        const std::size_t pending = fifo_.size();
        const std::int64_t popped = popped_;
        write(t);
        if (!closed_.empty() && closed_.front().at < t &&
            requested_ - popped + closed_.front().lines <= config_.line_fifo) {
            request(t);
        }
        generate(t, pending);
    }

  private:
    struct Piece {
        bool zero = false;
        std::int64_t line = 0;
        bool last = false;
    };
    struct Pending {
        Piece piece;
        std::optional<std::int64_t> new_line;  // number of the requested line that it waits for
    };

    // Word by word: a new piece with every position, source line, or LW words of zeros.
    void cut(const LoadOperation& op) {
        pieces_.clear();
        Position p = op.seek ? op.seek_to : saved_;
        const std::int64_t lb = config_.line_bytes();
        for (std::int64_t i = 0; i < op.count; ++i) {
            const std::int64_t iy = p.y * op.sy + op.oy;
            const std::int64_t ix = p.x * op.sx + op.ox;
            const bool valid = iy >= 0 && iy < op.in_h && ix >= 0 && ix < op.in_w;
            for (std::int64_t byte = 0; byte < op.len; byte += 8) {
                const std::int64_t line = (op.base + p.b * op.pb + iy * op.py + ix * op.px + byte) / lb;
                const bool cut_here = byte == 0 || (valid ? line != pieces_.back().line : byte % lb == 0);
                if (cut_here) pieces_.push_back({!valid, valid ? line : 0, false});
            }
            if (++p.x == op.grid.w) {
                p.x = 0;
                if (++p.y == op.grid.h) {
                    p.y = 0;
                    ++p.b;
                }
            }
        }
        pieces_.back().last = true;
        if (op.advance) saved_ = p;
    }

    void write(Cycles t) {
        if (fifo_.empty()) return;
        const Pending& head = fifo_.front();
        if (head.new_line) {
            if (*head.new_line >= static_cast<std::int64_t>(arrivals_.size())) return;
            if (arrivals_[static_cast<std::size_t>(*head.new_line)] >= t) return;
            ++popped_;
        }
        if (head.piece.last) ends.push_back(t);
        fifo_.pop_front();
    }

    void request(Cycles t) {
        Address burst = closed_.front();
        closed_.pop_front();
        burst.at = t;
        addresses.push_back(burst);
        requested_ += burst.lines;
        std::vector<Cycles> arrival(static_cast<std::size_t>(burst.lines));
        memory_.read(t, burst.line, arrival);
        arrivals_.insert(arrivals_.end(), arrival.begin(), arrival.end());
    }

    void close(Cycles t) {
        if (open_) closed_.push_back({t, *open_ - open_lines_ + 1, open_lines_});
        open_.reset();
    }

    void generate(Cycles t, std::size_t pending) {
        if (!active_ || t < first_) return;
        if (next_ == pieces_.size()) {  // f
            close(t);
            active_ = false;
            ready = true;
            return;
        }
        if (pending >= static_cast<std::size_t>(config_.piece_fifo)) return;
        const Piece piece = pieces_[next_++];
        Pending entry{piece, {}};
        if (!piece.zero && std::ranges::find(kept_, piece.line) == kept_.end()) {
            if (open_ && piece.line == *open_ + 1 && open_lines_ < config_.burst_lines &&
                piece.line % config_.burst_lines != 0) {
                ++open_lines_;
            } else {
                close(t);
                open_lines_ = 1;
                open_pieces_ = 0;
            }
            open_ = piece.line;
            entry.new_line = lines_++;
            kept_.push_back(piece.line);
            if (kept_.size() > 2) kept_.pop_front();
        }
        fifo_.push_back(entry);
        if (open_ && ++open_pieces_ == config_.piece_fifo / 2) close(t);
    }

    isa::ArrayConfig config_;
    dram::Memory& memory_;
    Position saved_;
    std::vector<Piece> pieces_;
    std::size_t next_ = 0;
    bool active_ = false;
    Cycles first_ = 0;
    std::deque<std::int64_t> kept_;     // lines requested last
    std::optional<std::int64_t> open_;  // last line of the open burst
    int open_lines_ = 0;
    int open_pieces_ = 0;
    std::deque<Address> closed_;  // at: c_j
    std::deque<Pending> fifo_;
    std::int64_t lines_ = 0;
    std::int64_t requested_ = 0;
    std::int64_t popped_ = 0;
    std::vector<Cycles> arrivals_;
};

}  // namespace satsim::cycle::literal
