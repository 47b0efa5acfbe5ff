// LOAD and STORE of a run: operations in, tokens and memory calls out. An operation is followed line by line,
// with the recurrences and the memory object that `cycle` uses, or moved in coarse blocks.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "runtime/isa/instruction.hpp"
#include "sim/cycle/load_timing.hpp"
#include "sim/cycle/store_timing.hpp"
#include "sim/dram/memory.hpp"
#include "sim/fast/coarse_transfer.hpp"
#include "sim/fast/demand_log.hpp"
#include "sim/fast/walk.hpp"

namespace satsim::fast {

class Transfer {
  public:
    struct Dispatch {
        Cycles at = 0;
        std::span<const std::int64_t> registers;
        isa::RunFields fields;
        std::size_t pc = 0;
        bool follow = true;
    };
    // An operation has released its operands or ended.
    struct Event {
        isa::RunFields fields;
        Cycles at = 0;
        bool end = false;
    };

    virtual ~Transfer() = default;

    // First cycle in which the next operation may be dispatched; kUnknown until a due call has been made.
    [[nodiscard]] Cycles ready(bool follow) const;
    virtual void dispatch(const Dispatch& op) = 0;
    // Of a run that is followed throughout.
    void walk_state(StateWalk& state);

    // The next call of the memory: its cycle, kUnknown without any.
    [[nodiscard]] Cycles due() const { return coarse_.busy() ? coarse_.due() : followed_due(); }
    // Makes it; of a transfer that is followed also those after it before cycle `end`, until something
    // becomes known. Returns their number, none where it is coarse, and leaves the last one's cycle in
    // `last`.
    std::int64_t call(dram::Memory& memory, MemoryBus& bus, Cycles end, Cycles& last);

    // What happened since the last look, in the order of time for each kind.
    [[nodiscard]] std::vector<Event>& events() { return events_; }
    [[nodiscard]] Walk& walk() { return walk_; }
    // Lines a position, by RUN instruction.
    [[nodiscard]] std::vector<RunTraffic> traffic() const { return log_.traffic(); }

  protected:
    void restart(const isa::ArrayConfig& config, const dram::MemoryConfig& memory, std::size_t instructions,
                 bool store);
    void dispatch_coarse(const Dispatch& op, const Demand& demand);
    void released(Cycles at) { events_.push_back({flying_[released_++], at, false}); }
    void ended(Cycles at);
    // The walk of an operation that begins at `begin`.
    void advance(const cycle::Position& begin, const cycle::Grid& grid, std::int64_t count) {
        walk_ = {begin, grid};
        walk_.move(count);
    }

    [[nodiscard]] virtual Cycles followed_ready() const = 0;
    [[nodiscard]] virtual Cycles followed_due() const = 0;
    virtual std::int64_t followed_call(dram::Memory& memory, Cycles end, Cycles& last) = 0;
    virtual void walk_timing(StateWalk& state) = 0;

    isa::ArrayConfig config_;
    DemandLog log_;
    Walk walk_;
    std::vector<isa::RunFields> flying_;  // operations that have not ended, oldest first
    std::size_t released_ = 0;
    std::size_t ended_ = 0;

  private:
    CoarseTransfer coarse_;
    std::vector<Event> events_;
};

class LoadTransfer final : public Transfer {
  public:
    void restart(const isa::ArrayConfig& config, const dram::MemoryConfig& memory, std::size_t instructions);
    void dispatch(const Dispatch& op) override;

  private:
    [[nodiscard]] Cycles followed_ready() const override { return timing_->ready(); }
    [[nodiscard]] Cycles followed_due() const override {
        return timing_->requesting() ? timing_->request().at : cycle::kUnknown;
    }
    std::int64_t followed_call(dram::Memory& memory, Cycles end, Cycles& last) override;
    void walk_timing(StateWalk& state) override { timing_->walk(state); }
    void report();
    void learn();

    std::optional<cycle::LoadTiming> timing_;
    // Operations followed that have not ended, oldest first, and what of the counters of timing_ is theirs.
    struct Followed {
        std::size_t pc = 0;
        double positions = 0;
        Demand expected;
        std::int64_t pieces_before = 0;
        std::int64_t lines_before = 0;
    };
    std::vector<Followed> followed_;
    std::size_t learnt_ = 0;  // of them
    double bursts_ = 0;       // read for the oldest one that has not ended
};

class StoreTransfer final : public Transfer {
  public:
    void restart(const isa::ArrayConfig& config, const dram::MemoryConfig& memory, std::size_t instructions);
    void dispatch(const Dispatch& op) override;

  private:
    [[nodiscard]] Cycles followed_ready() const override { return timing_->ready(); }
    [[nodiscard]] Cycles followed_due() const override {
        return timing_->requesting() ? timing_->request().at : cycle::kUnknown;
    }
    std::int64_t followed_call(dram::Memory& memory, Cycles end, Cycles& last) override;
    void walk_timing(StateWalk& state) override { timing_->walk(state); }
    void report();
    [[nodiscard]] Demand count(const cycle::StoreOperation& op) const;

    std::optional<cycle::StoreTiming> timing_;
};

}  // namespace satsim::fast
