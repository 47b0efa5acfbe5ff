// contract.md §7 cycle by cycle, as literally as it can be written: the judge of rtl/store.sv.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "sim/dram/memory.hpp"

namespace satsim::rtl_bench {

struct StoreParameters {
    std::int64_t base, len, px, py, pb, grid_w, grid_h, b0, y0, x0, count, src, sc, src_kind;
    bool seek, advance, half;
};

struct StoreSizes {
    int columns, channels, burst, lines;
};

class StoreModel {
  public:
    using Line = std::map<int, std::uint64_t>;  // lane to word, the written ones
    struct Burst {
        std::int64_t line = 0;
        int lines = 0;
        Cycles closed = 0;
        bool last = false;
    };
    struct Events {
        bool ready = false;
        bool release = false;
        bool read = false;         // a piece from RESULT
        std::int64_t address = 0;  // its result address
        bool requested = false;
        Burst request;
        bool written = false;
        Line line;
        bool end = false;
    };
    // result(address, column): 32 bits; vector(word): 64 bits.
    std::function<std::uint32_t(std::int64_t, std::int64_t)> result;
    std::function<std::uint64_t(std::int64_t)> vector;

    StoreModel(const StoreSizes& sizes, dram::Memory& memory) : sizes_(sizes), memory_(memory) {}

    void dispatch(Cycles now, const StoreParameters& op);
    Events step(Cycles now);

  private:
    struct Piece {
        std::int64_t line = 0;
        int lane = 0;
        std::vector<std::uint64_t> words;
        bool result = false;
        std::int64_t address = 0;
        bool last = false;
    };
    void close(Cycles now, bool last) {
        closed_.push_back({open_first_, open_lines_, now, last});
        open_ = false;
    }

    StoreSizes sizes_;
    dram::Memory& memory_;
    std::int64_t saved_[3] = {0, 0, 0};
    bool busy_ = false;
    bool closing_ = false;
    Cycles from_ = 0;
    std::deque<Piece> pieces_;
    bool open_ = false;
    std::int64_t open_first_ = 0;
    int open_lines_ = 0;
    Line open_line_;
    std::deque<Line> fifo_;
    std::deque<Burst> closed_;
    std::deque<Cycles> accepted_;  // of the lines of bursts with an address handshake
    Cycles last_w_ = -1;
    std::deque<std::pair<Cycles, bool>> responses_;
};

}  // namespace satsim::rtl_bench
