// When LOAD generates, requests and writes every piece: contract.md §4 as recurrences, without SystemC.
//
// Let g_k and w_k be the cycles in which piece k (numbered through the whole program) is generated and
// written, and V_k = w_k - k, which never falls. The contract's rules come down to
//     w_k = k + max(V_(k-1), D + 1, arrival(line) + 1 - k if its line was requested for k)
//     g_k = max(D + k, w_(k-PF) + 1)          D = dispatch + ADDRESS_SETUP - (first piece of the operation)
// (w_k need not look at the rest of g_k: for PF >= 2 it follows from V_k >= V_(k-PF)). So V is kept as a step
// function, g is looked at only where a burst or an operation closes, and a run of full lines costs a few
// instructions a line.
//
// The owner calls the memory: while requesting() is true, read request().lines lines in cycle request().at,
// put their arrivals into arrivals() and call accept(). Nothing else depends on the order in which owners are
// served. An owner that is alone until some cycle can make many reads at once: read_due().
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "runtime/isa/program.hpp"
#include "runtime/support/types.hpp"
#include "sim/cycle/burst_request.hpp"
#include "sim/cycle/load_operation.hpp"
#include "sim/cycle/ring.hpp"
#include "sim/cycle/scattered_run.hpp"
#include "sim/dram/memory.hpp"
#include "sim/support/divisor.hpp"

namespace satsim::cycle {

inline constexpr Cycles kUnknown = std::numeric_limits<Cycles>::max();

class LoadTiming {
  public:
    // Needs burst_lines <= line_fifo and piece_fifo >= 2, else std::invalid_argument.
    explicit LoadTiming(const isa::ArrayConfig& config);
    // As if newly made, but without new memory for the windows: 300 KB.
    void restart(const isa::ArrayConfig& config);

    // First cycle in which the next operation can be dispatched (f + 1); kUnknown until a due read has been
    // made.
    [[nodiscard]] Cycles ready() const { return ready_; }
    // d >= ready(). Operations end in the order of their dispatch.
    void dispatch(Cycles d, const LoadOperation& operation);

    [[nodiscard]] bool requesting() const { return request_.lines > 0; }
    [[nodiscard]] const BurstRequest& request() const { return request_; }
    [[nodiscard]] std::span<Cycles> arrivals() {
        return {arrivals_.data(), static_cast<std::size_t>(request_.lines)};
    }
    void accept();
    // Instead of all three, for reads that follow each other in step: calls the memory for as many as are due
    // before cycle `end` and as it takes so, of which none but the last can make ready() or an end known.
    // False, and nothing is read, where the next read is none of these or the memory wants it by itself.
    bool read_paced(dram::Memory& memory, Cycles end);
    // The due read and what can go with it before cycle `end`.
    void read_due(dram::Memory& memory, Cycles end);

    // Operations that have ended and not been taken; take_end() gives the cycle w_last of the oldest.
    [[nodiscard]] bool has_end() const { return ends_taken_ != ends_known_; }
    [[nodiscard]] Cycles take_end() { return ends_[ends_taken_++]; }

    // Where an operation without SEEK begins.
    [[nodiscard]] const Position& saved_position() const { return saved_; }
    // All ends have been taken.
    void walk(StateWalk& state);

    // Pieces and lines so far, and bursts that were read.
    [[nodiscard]] std::int64_t pieces() const { return generated_; }
    [[nodiscard]] std::int64_t lines() const { return lines_; }
    [[nodiscard]] std::int64_t bursts() const { return bursts_; }
    [[nodiscard]] Cycles last_request() const { return last_request_; }

  private:
    static constexpr std::int64_t kNoLine = -1;

    enum class Kind { Start, Burst, Scattered, End };
    struct Entry {
        Kind kind = Kind::Start;
        int lines = 0;             // Burst
        std::int64_t line = 0;     // Burst: first DRAM line
        std::int64_t first = 0;    // Burst: number of its first line in the sequence of all lines requested;
                                   // Scattered: number of the run
        std::int64_t piece = 0;    // Start: first piece; Burst: the piece that closed it; else: last piece
        Cycles after = 0;          // Start: D; Burst: cycles from that piece's g to the closing
        Cycles closed = kUnknown;  // Burst: c_j
    };
    struct Step {
        std::int64_t piece;  // from this piece on
        Cycles ahead;        // w_k - k
    };

    // Windows whose contents have no meaning before they are written.
    struct Rings {
        Ring<Entry> entries;
        Ring<std::int64_t> first_piece;
        Ring<Cycles> popped;
        Ring<Step> steps;
        Ring<Cycles> ends;
        Ring<ScatteredRun> runs;
    };
    LoadTiming(const isa::ArrayConfig& config, Rings&& rings);

    void walk_generator(StateWalk& state);
    void walk_entries(StateWalk& state);
    void walk_writer(StateWalk& state);
    void push(const Entry& entry) { entries_[pushed_++] = entry; }
    void generate();
    void start_run();
    void generate_lines();
    void generate_line(std::int64_t bytes);
    void add_pieces(std::int64_t pieces);
    [[nodiscard]] bool keeps(std::int64_t first, std::int64_t last) const;
    [[nodiscard]] bool reach_line();
    void open_burst();
    void append_lines(std::int64_t lines, std::int64_t pieces);
    void close_burst(std::int64_t piece, Cycles after);
    void settle();
    bool write_ahead();
    void resolve();
    void accept_burst();
    [[nodiscard]] bool follows_open_burst() const;
    [[nodiscard]] bool begins_afresh(std::int64_t last) const;
    [[nodiscard]] bool scattered() const;
    void start_scattered();
    [[nodiscard]] bool streams() const;
    void start_stream();
    void push_run(const ScatteredRun& run);
    void request_scattered();
    [[nodiscard]] std::int64_t quiet_before() const;
    void accept_scattered();
    void finish_run();
    bool read_steadily(ScatteredRun& run, dram::Memory& memory, Cycles end, std::int64_t stop);
    void raise(std::int64_t piece, Cycles ahead);
    [[nodiscard]] Cycles generation_cycle(std::int64_t piece);
    [[nodiscard]] std::int64_t oldest_step() const;
    [[nodiscard]] Cycles as_good_as(Cycles base) const;
    [[nodiscard]] std::int64_t step_of(std::int64_t piece) const;

    // Sizes.
    Divisor line_bytes_;
    Divisor burst_lines_;
    std::int64_t piece_fifo_;
    std::int64_t line_fifo_;

    // Generator: the operation's walk, the run in it, the open burst.
    Position saved_;
    LoadOperation op_;
    LoadWalk walk_;
    bool generating_ = false;
    std::int64_t generated_ = 0;       // pieces generated
    std::int64_t lines_ = 0;           // lines that bursts cover
    LoadRun run_;                      // positions of the walk that have not been begun
    std::int64_t run_line_ = 0;        // line of the run's next byte
    std::int64_t run_offset_ = 0;      // its byte in that line
    std::int64_t run_bytes_ = 0;       // bytes left
    std::int64_t run_phase_ = 0;       // bytes of the current position that are done
    std::int64_t line_positions_ = 0;  // line_bytes div len
    std::int64_t line_rest_ = 0;       // line_bytes mod len
    // The lines that the operation requested last, the newest first: its open burst ends with that one.
    std::array<std::int64_t, 2> kept_{kNoLine, kNoLine};
    bool open_ = false;
    int open_lines_ = 0;
    std::int64_t open_piece_ = 0;  // first piece

    // Bursts, starts and ends of operations in order; [written_, resolved_, pushed_].
    Ring<Entry> entries_;
    std::int64_t written_ = 0;
    std::int64_t resolved_ = 0;
    std::int64_t pushed_ = 0;
    Cycles resolving_base_ = 0;       // D of the operation being resolved
    Ring<std::int64_t> first_piece_;  // of each line
    Ring<Cycles> popped_;             // pop of each line
    Ring<ScatteredRun> runs_;         // of the entries of that kind
    std::int64_t runs_pushed_ = 0;
    std::int64_t runs_read_ = 0;

    // Writer.
    Ring<Step> steps_;
    std::int64_t last_step_ = 0;
    std::int64_t cursor_ = 0;
    std::int64_t known_ = 0;  // w is known for the pieces before this one

    BurstRequest request_;
    Cycles last_request_;
    std::int64_t bursts_ = 0;
    std::vector<Cycles> arrivals_;
    std::vector<dram::PacedReader::Due> dues_;
    Cycles ready_ = std::numeric_limits<Cycles>::min() / 4;
    Ring<Cycles> ends_;
    std::int64_t ends_known_ = 0;
    std::int64_t ends_taken_ = 0;
};

}  // namespace satsim::cycle
