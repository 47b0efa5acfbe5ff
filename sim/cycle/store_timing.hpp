// When STORE reads its pieces and writes its bursts: contract.md §7 as recurrences, without SystemC.
//
// Lines are numbered through the whole program in the order in which their first piece is read. With N lines
// in the FIFO so far, a piece may be read in a cycle later than the one in which line N - SF + 1 has left it.
// That is the only thing the generator can wait for, so it runs ahead line by line until that line's burst
// has not been written yet.
//
// The owner calls the memory: while requesting() is true, write request().lines lines in cycle request().at,
// put their W handshakes into handshakes() and call accept(response). Required: store_fifo >= burst_lines
// + 1.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/isa/program.hpp"
#include "runtime/support/types.hpp"
#include "sim/cycle/burst_request.hpp"
#include "sim/cycle/load_timing.hpp"
#include "sim/cycle/ring.hpp"
#include "sim/cycle/store_operation.hpp"

namespace satsim::cycle {

class StoreTiming {
  public:
    explicit StoreTiming(
        const isa::ArrayConfig& config);  // std::invalid_argument for a FIFO without room for a burst

    // First cycle in which the next operation can be dispatched (f + 1); kUnknown until a due write has been
    // made.
    [[nodiscard]] Cycles ready() const { return ready_; }
    // d >= ready(). Operations are released and end in the order of their dispatch.
    void dispatch(Cycles d, const StoreOperation& operation);

    [[nodiscard]] bool requesting() const { return request_.lines > 0; }
    [[nodiscard]] const BurstRequest& request() const { return request_; }
    [[nodiscard]] std::span<Cycles> handshakes() {
        return {handshakes_.data(), static_cast<std::size_t>(request_.lines)};
    }
    void accept(Cycles response);

    // Releases (f) and ends (response of the last burst) of operations that have not been taken, oldest
    // first.
    [[nodiscard]] bool has_release() const { return releases_taken_ != releases_known_; }
    [[nodiscard]] Cycles take_release() { return releases_[releases_taken_++]; }
    [[nodiscard]] bool has_end() const { return ends_taken_ != ends_known_; }
    [[nodiscard]] Cycles take_end() { return ends_[ends_taken_++]; }

    [[nodiscard]] std::int64_t lines() const { return lines_; }
    // Where an operation without SEEK begins.
    [[nodiscard]] const Position& saved_position() const { return saved_; }
    // All releases and ends have been taken.
    void walk(StateWalk& state);

  private:
    struct Burst {
        Cycles closed = 0;       // c_j
        std::int64_t line = 0;   // first DRAM line
        std::int64_t first = 0;  // its number in the sequence of lines
        int lines = 0;
        bool ends_operation = false;
    };

    // Next step of the generator; false when it has to wait for a write or has nothing to do.
    [[nodiscard]] bool generate();
    [[nodiscard]] bool gate_known() const { return in_fifo_ - fifo_ + 1 < left_; }
    // Earliest cycle after `last` in which the FIFO has room. Needs gate_known().
    [[nodiscard]] Cycles gate(Cycles last) const;
    void enter_line();
    void fill_burst();
    void close_burst(Cycles closed, bool ends_operation);
    void settle();

    isa::ArrayConfig config_;
    std::int64_t fifo_;
    Divisor most_lines_;  // of a burst

    Position saved_;
    StoreOperation op_;
    StoreWalk walk_;
    bool generating_ = false;
    StoreChunk chunk_;          // pieces not yet read
    Cycles last_piece_;         // g of the last piece
    std::int64_t lines_ = 0;    // lines begun
    std::int64_t in_fifo_ = 0;  // lines pushed into the FIFO, ever
    bool line_open_ = false;
    std::int64_t open_line_ = 0;
    bool burst_open_ = false;
    int burst_lines_ = 0;

    Ring<Burst> bursts_;
    std::int64_t bursts_closed_ = 0;
    std::int64_t bursts_written_ = 0;
    Ring<Cycles> left_at_;   // W handshake of each line
    std::int64_t left_ = 0;  // lines whose W handshake is known
    Ring<Cycles> responses_;
    Cycles last_handshake_;

    BurstRequest request_;
    std::vector<Cycles> handshakes_;
    Cycles ready_;
    Ring<Cycles> releases_;
    std::int64_t releases_known_ = 0;
    std::int64_t releases_taken_ = 0;
    Ring<Cycles> ends_;
    std::int64_t ends_known_ = 0;
    std::int64_t ends_taken_ = 0;
};

}  // namespace satsim::cycle
