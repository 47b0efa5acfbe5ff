// The pipeline of a GEMM program by the times at which its engines are free: LOAD fills halves of buffers in
// order, STCE computes from them, the result path drains, STORE stores, and both directions share the memory
// bus, but of ideal memory. Times follow from each other by maxima and sums, an operation at a time, in the
// order of the program; what repeats is followed until it has settled, and goes on at that pace.
// docs/architecture/fast-model.md has what this leaves out.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "runtime/schedule/costs.hpp"

namespace satsim::schedule {

// Chunks of K that cost the same: what LOAD moves for one, and how long STCE works on it.
struct ChunkCost {
    std::int64_t count = 1;
    TransferCost west;
    TransferCost north;
    double compute = 0;
};

class TilePipeline {
  public:
    // How many loads of either operand, and tiles of results, fit on chip: 2 is double-buffered.
    struct Buffers {
        int west = 2;
        int north = 2;
        int results = 2;
    };
    // Of STCE's operations, in cycles: all of a program are taken to be as those of its whole tiles.
    struct Timing {
        double feed = 0;       // from the operands until the first step may begin
        double apart = 0;      // from the first step until the next operation may take its operands
        double last_step = 0;  // nor does it take them before the last step of this one has begun
        double operands = 0;   // from the last step until the operands may be overwritten
        double results = 0;    // from the last step of a tile until its results begin to leave
        // OS: from the end of a tile's drain until its last results have left. A tile begins when all drains
        // but the latest have ended: accumulators have two banks. None: sums are not kept in them.
        std::optional<double> leaving{};
    };
    TilePipeline(const Buffers& buffers, const Timing& timing, const dram::MemoryConfig& memory);

    // LOAD fills the next part of a buffer, as soon as it is free. `cost`: of all of its operations there,
    // address set-ups among the pieces.
    void load_west(const TransferCost& cost) { west_.arrived = load(cost, west_); }
    void load_north(const TransferCost& cost) { north_.arrived = load(cost, north_); }

    // STCE works on what was loaded last, `cycles` in steps; then the parts that it `frees` may be filled
    // again. Results of the last operation of a tile want room, and where operations go on with what is there
    // (WS), they want that to be done: `results` tiles behind the one that is stored next.
    struct Frees {
        bool west = true;
        bool north = true;
    };
    void compute(double cycles, Frees frees, std::optional<std::size_t> results);
    // The oldest tile that STCE has finished: `drain` cycles of the result path, then STORE's operations.
    // What has been loaded comes before this and the following tiles, `sharing` of them, in equal parts.
    void store(double drain, const TransferCost& cost, int sharing = 1);

    // body() so many times.
    template <typename Body>
    void repeat(std::int64_t times, Body&& body) {
        if (times <= kFollowed) {
            for (; times > 0; --times) body();
            return;
        }
        for (int i = 0; i < kFollowed - kMeasured; ++i) body();
        const State before = state();
        for (int i = 0; i < kMeasured; ++i) body();
        leave_out(static_cast<double>(times - kFollowed), before);
    }

    // When the last engine is done.
    [[nodiscard]] double end() const;

  private:
    // Two rounds, so that both halves of a buffer are met, after three in which they fill.
    static constexpr int kFollowed = 5;
    static constexpr int kMeasured = 2;
    static constexpr std::size_t kResults = 16;  // more tiles of results than that hold up nothing

    enum Engine : std::size_t { kLoad, kBus, kStce, kDrain, kStore, kEngines };
    using Times = std::array<double, kEngines>;

    // Parts of a buffer, in turn.
    struct Buffer {
        std::array<double, 2> free{};  // when each may be filled
        double arrived = 0;            // when what was loaded last can be read
        int parts = 2;
        int loading = 0;
        int reading = 0;
    };
    struct State {
        Times now;
        Times busy;
        std::array<double, 2> west_free;
        std::array<double, 2> north_free;
        std::array<double, kResults> results_free;
        double west_arrived;
        double north_arrived;
        double written;
        double drained;
        double drained_before;
        double read_bursts;
    };

    [[nodiscard]] State state() const {
        return {now_,           busy_,    west_.free, north_.free,     results_free_, west_.arrived,
                north_.arrived, written_, drained_,   drained_before_, read_bursts_};
    }
    double load(const TransferCost& cost, Buffer& buffer);
    void release(Buffer& buffer);
    void leave_out(double times, const State& before);
    void take(Engine engine, double cycles) {
        now_[engine] += cycles;
        busy_[engine] += cycles;
    }

    Times now_{};   // when each is free again
    Times busy_{};  // cycles of work so far
    Buffer west_;
    Buffer north_;
    std::array<double, kResults> results_free_{};  // or done, where sums go on
    std::size_t results_ = 2;
    std::size_t result_ = 0;  // the next
    bool shares_bus_ = true;  // reads and writes
    double share_ = 1;        // of the bus's cycles, those that move lines
    double latency_ = 0;
    double turnaround_ = 0;
    Timing timing_;
    double read_bursts_ = 0;  // that no store has been counted against
    double first_step_ = 0;   // of the last operation
    bool begins_tile_ = true;
    double drained_ = 0;  // the latest tile
    double drained_before_ = 0;
    double written_ = 0;  // when LOAD's last piece was, but for the latency
};

}  // namespace satsim::schedule
