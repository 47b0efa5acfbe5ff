#include "tests/unit/rtl_memory/load_model.hpp"

#include <algorithm>

#include "sat_isa.hpp"
#include "tests/unit/rtl_memory/bench.hpp"

namespace satsim::rtl_bench {

namespace {
constexpr std::int64_t kMask = (std::int64_t{1} << 40) - 1;
}

void LoadModel::dispatch(Cycles now, const LoadParameters& op) {
    const std::int64_t line_words = 8 * sizes_.channels;
    const std::int64_t words = op.len / 8;
    std::int64_t b = op.seek ? op.b0 : saved_[0];
    std::int64_t y = op.seek ? op.y0 : saved_[1];
    std::int64_t x = op.seek ? op.x0 : saved_[2];
    for (std::int64_t i = 0; i < op.count; ++i) {
        const std::int64_t iy = y * op.sy + op.oy;
        const std::int64_t ix = x * op.sx + op.ox;
        const bool valid = iy >= 0 && iy < op.in_h && ix >= 0 && ix < op.in_w;
        const std::int64_t address = (op.base + b * op.pb + iy * op.py + ix * op.px) & kMask;
        const auto destination = [&](std::int64_t t) {
            LoadedWord word{static_cast<int>(op.dest_kind), 0, 0, 0};
            if (op.dest_kind == 0) {
                word.row = i % sizes_.rows;
                word.word = (op.dest + i / sizes_.rows * op.stride) * line_words + t;
            } else if (op.dest_kind == 1) {
                const std::int64_t u = op.word0 + t;
                word.row = u / op.group_words % sizes_.rows;
                word.word = (op.dest + i * op.stride) * line_words + u;
            } else if (op.dest_kind == 5) {
                word.word = (op.dest + i * op.stride) * line_words + op.word0 + t;
            } else {
                word.word = op.dest + i * words + t;
            }
            if (valid) word.data = word_at((address + 8 * t) & kMask);
            return word;
        };
        for (std::int64_t t = 0; t < words;) {
            LoadPiece piece;
            piece.zero = !valid;
            const std::int64_t at = ((address + 8 * t) & kMask) / 8;
            piece.line = at / line_words;
            const std::int64_t n = std::min(words - t, valid ? line_words - at % line_words : line_words);
            for (std::int64_t k = 0; k < n; ++k) piece.words.push_back(destination(t + k));
            t += n;
            piece.last = t == words && i == op.count - 1;
            to_generate_.push_back(piece);
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
    kept_ = {-1, -1};
    busy_ = true;
    from_ = now + isa::timing::kAddressSetup;
}

void LoadModel::generate(Cycles now) {
    LoadPiece piece = to_generate_.front();
    to_generate_.pop_front();
    piece.generated = now;
    bool counted = false;
    if (!piece.zero && std::ranges::find(kept_, piece.line) == kept_.end()) {
        piece.first = true;
        kept_ = {piece.line, kept_[0]};
        if (open_ && piece.line == open_first_ + open_lines_ && open_lines_ < sizes_.burst &&
            piece.line % sizes_.burst != 0) {
            ++open_lines_;
        } else {
            if (open_) close(now);
            open_ = true;
            open_first_ = piece.line;
            open_lines_ = 1;
            open_pieces_ = 1;
            counted = true;
        }
    }
    if (open_ && !counted) ++open_pieces_;
    if (open_ && open_pieces_ == sizes_.pieces / 2) close(now);
    if (piece.last) closing_ = true;
    waiting_.push_back(piece);
}

LoadModel::Events LoadModel::step(Cycles now) {
    Events events;
    events.ready = !busy_;
    const auto pieces_before = static_cast<int>(waiting_.size());
    const int outstanding_before = outstanding_;
    // Writes: pieces of earlier cycles, lines that arrived in earlier cycles.
    if (!waiting_.empty() && waiting_.front().generated < now &&
        (!waiting_.front().first || (!arrivals_.empty() && arrivals_.front() < now))) {
        events.written = true;
        events.piece = waiting_.front();
        waiting_.pop_front();
        if (events.piece.first) {
            arrivals_.pop_front();
            --outstanding_;
        }
    }
    // Requests: bursts closed in earlier cycles, pops of earlier cycles.
    if (!closed_.empty() && closed_.front().closed < now &&
        outstanding_before + closed_.front().lines <= sizes_.lines) {
        events.requested = true;
        events.request = closed_.front();
        closed_.pop_front();
        std::vector<Cycles> arrival(static_cast<std::size_t>(events.request.lines));
        memory_.read(now, events.request.line, arrival);
        arrivals_.insert(arrivals_.end(), arrival.begin(), arrival.end());
        outstanding_ += events.request.lines;
    }
    // Generation.
    if (closing_) {
        if (open_) close(now);
        closing_ = false;
        busy_ = false;
    } else if (busy_ && now >= from_ && pieces_before < sizes_.pieces) {
        generate(now);
    }
    return events;
}

}  // namespace satsim::rtl_bench
