#include "tests/unit/rtl_memory/store_model.hpp"

#include <algorithm>

#include "sat_isa.hpp"

namespace satsim::rtl_bench {

namespace {
constexpr std::int64_t kMask = (std::int64_t{1} << 40) - 1;
}

void StoreModel::dispatch(Cycles now, const StoreParameters& op) {
    const std::int64_t line_words = 8 * sizes_.channels;
    const std::int64_t columns = sizes_.columns;
    const std::int64_t banks = std::max<std::int64_t>(1, 64 * sizes_.channels / (2 * columns));
    const std::int64_t words = op.len / 8;
    const std::int64_t per_word = op.half ? 4 : 2;
    std::int64_t b = op.seek ? op.b0 : saved_[0];
    std::int64_t y = op.seek ? op.y0 : saved_[1];
    std::int64_t x = op.seek ? op.x0 : saved_[2];
    for (std::int64_t i = 0; i < op.count; ++i) {
        const std::int64_t address = (op.base + b * op.pb + y * op.py + x * op.px) & kMask;
        const auto element = [&](std::int64_t e) {
            return static_cast<std::uint64_t>(result(op.src + i * op.sc + e / columns, e % columns));
        };
        const auto source = [&](std::int64_t t) -> std::uint64_t {
            if (op.src_kind == 1) return vector(op.src + i * words + t);
            if (op.src_kind == 2) return 0;
            std::uint64_t word = 0;
            for (std::int64_t k = 0; k < per_word; ++k) {
                const std::uint64_t value = element(t * per_word + k);
                word |= op.half ? (value & 0xFFFFU) << (16 * k) : value << (32 * k);
            }
            return word;
        };
        for (std::int64_t t = 0; t < words;) {
            const std::int64_t at = ((address + 8 * t) & kMask) / 8;
            std::int64_t n = std::min(words - t, line_words - at % line_words);
            Piece piece;
            piece.line = at / line_words;
            piece.lane = static_cast<int>(at % line_words);
            if (op.src_kind == 0) {
                const std::int64_t e0 = t * per_word;
                n = std::min(n, ((e0 / columns + banks) * columns - e0) / per_word);
                piece.result = true;
                piece.address = op.src + i * op.sc + e0 / columns;
            }
            for (std::int64_t k = 0; k < n; ++k) piece.words.push_back(source(t + k));
            t += n;
            piece.last = t == words && i == op.count - 1;
            pieces_.push_back(piece);
        }
        if (++x == op.grid_w) {
            x = 0;
            if (++y == op.grid_h) {
                y = 0;
                ++b;
            }
        }
    }
    if (op.advance) {
        saved_[0] = b;
        saved_[1] = y;
        saved_[2] = x;
    }
    busy_ = true;
    from_ = now + isa::timing::kAddressSetup;
}

StoreModel::Events StoreModel::step(Cycles now) {
    Events events;
    events.ready = !busy_;
    const auto fifo_before = static_cast<int>(fifo_.size());
    const auto awaiting_before = static_cast<int>(responses_.size());
    // Responses.
    if (!responses_.empty() && responses_.front().first == now) {
        events.end = responses_.front().second;
        responses_.pop_front();
    }
    // W handshakes of earlier address handshakes.
    if (!accepted_.empty() && accepted_.front() == now) {
        accepted_.pop_front();
        events.written = true;
        events.line = fifo_.front();
        fifo_.pop_front();
    }
    // Address handshake: previous burst's data gone in an earlier cycle.
    if (!closed_.empty() && closed_.front().closed < now && last_w_ < now &&
        awaiting_before < isa::timing::kWriteBursts) {
        events.requested = true;
        events.request = closed_.front();
        closed_.pop_front();
        std::vector<Cycles> accepted(static_cast<std::size_t>(events.request.lines));
        const Cycles response = memory_.write(now, events.request.line, accepted);
        accepted_.assign(accepted.begin(), accepted.end());
        last_w_ = accepted.back();
        responses_.emplace_back(response, events.request.last);
    }
    // Pieces and the closing cycle.
    if (fifo_before > sizes_.lines - 2) return events;
    if (closing_) {
        fifo_.push_back(open_line_);
        open_line_.clear();
        close(now, true);
        events.release = true;
        closing_ = false;
        busy_ = false;
    } else if (busy_ && now >= from_) {
        const Piece piece = pieces_.front();
        pieces_.pop_front();
        const std::int64_t last = open_first_ + open_lines_ - 1;
        if (!open_ || piece.line != last) {
            if (open_) {
                fifo_.push_back(open_line_);
                open_line_.clear();
            }
            if (open_ && piece.line == last + 1 && open_lines_ < sizes_.burst &&
                piece.line % sizes_.burst != 0) {
                ++open_lines_;
            } else {
                if (open_) close(now, false);
                open_ = true;
                open_first_ = piece.line;
                open_lines_ = 1;
            }
        }
        int lane = piece.lane;
        for (const std::uint64_t word : piece.words) open_line_[lane++] = word;
        events.read = piece.result;
        events.address = piece.address;
        closing_ = piece.last;
    }
    return events;
}

}  // namespace satsim::rtl_bench
