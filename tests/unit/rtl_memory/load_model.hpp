// contract.md §4 cycle by cycle, as literally as it can be written: the judge of rtl/load.sv.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "sim/dram/memory.hpp"

namespace satsim::rtl_bench {

struct LoadParameters {
    std::int64_t base, len, px, py, pb, grid_w, grid_h, sx, sy, ox, oy, in_w, in_h, b0, y0, x0, count, dest,
        stride, word0, group_words, dest_kind;
    bool seek, advance;
};

// One word in its destination.
struct LoadedWord {
    int kind;
    std::int64_t row;   // WEST, WEST_SPREAD; otherwise 0
    std::int64_t word;  // in the row's memory or in the buffer
    std::uint64_t data;
    bool operator==(const LoadedWord&) const = default;
};

struct LoadPiece {
    bool zero = false;
    bool first = false;  // first of its line in its burst
    bool last = false;   // of its operation
    std::int64_t line = 0;
    std::vector<LoadedWord> words;
    Cycles generated = 0;
};

struct LoadSizes {
    int rows, channels, burst, pieces, lines;
};

class LoadModel {
  public:
    struct Burst {
        std::int64_t line;
        int lines;
        Cycles closed;
    };
    struct Events {
        bool ready = false;
        bool requested = false;
        Burst request{};
        bool written = false;
        LoadPiece piece;
    };

    LoadModel(const LoadSizes& sizes, dram::Memory& memory) : sizes_(sizes), memory_(memory) {}

    // The operation is dispatched in cycle `now`, in which step() said ready; before the next step().
    void dispatch(Cycles now, const LoadParameters& op);
    Events step(Cycles now);
    [[nodiscard]] bool idle() const { return !busy_ && waiting_.empty(); }

  private:
    void generate(Cycles now);
    void close(Cycles now) {
        closed_.push_back({open_first_, open_lines_, now});
        open_ = false;
    }

    LoadSizes sizes_;
    dram::Memory& memory_;
    std::int64_t saved_[3] = {0, 0, 0};
    bool busy_ = false;
    Cycles from_ = 0;
    std::deque<LoadPiece> to_generate_;
    bool closing_ = false;
    std::deque<LoadPiece> waiting_;             // generated, not written
    std::array<std::int64_t, 2> kept_{-1, -1};  // lines that the operation requested last
    bool open_ = false;
    std::int64_t open_first_ = 0;
    int open_lines_ = 0;
    int open_pieces_ = 0;
    std::deque<Burst> closed_;
    std::deque<Cycles> arrivals_;
    int outstanding_ = 0;
};

}  // namespace satsim::rtl_bench
