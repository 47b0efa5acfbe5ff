// Leaves out periods in which nothing but addresses would change; docs/architecture/skipping.md says when
// that is sure.
#pragma once

#include <array>
#include <vector>

#include "runtime/isa/program.hpp"
#include "sim/cycle/footprint.hpp"
#include "sim/dram/memory.hpp"

namespace satsim::cycle {

// A model that repeats itself, as the skipper sees it.
class RepeatingModel {
  public:
    virtual ~RepeatingModel() = default;
    // All of its state, the memory's included.
    virtual void walk(StateWalk& state) = 0;
    [[nodiscard]] virtual std::size_t pc(isa::Engine engine) const = 0;
    [[nodiscard]] virtual const dram::Memory& memory() const = 0;
    // What it counts, other than the memory.
    [[nodiscard]] virtual std::vector<std::int64_t*> counters() = 0;
    // These cycles are left out; the memory would have counted so much in them. `refreshes` stays 0.
    virtual void left_out(Cycles cycles, const MemoryCounters& counted) = 0;
};

class PeriodSkipper {
  public:
    explicit PeriodSkipper(RepeatingModel& model) : model_(model) {}

    // A run begins. Enabled only where no operation has to happen for itself: without random stalls, data,
    // records.
    void restart(const isa::Program& program, bool enabled);
    // `engine` has come to a RUN in cycle `now`.
    void arrive(isa::Engine engine, Cycles now) {
        if (engine == pace_ && enabled_) look(now);
    }
    // While periods are compared, every operation is written down as it is dispatched.
    [[nodiscard]] bool records() const { return recording_; }
    void record(isa::Engine engine, std::size_t pc, const Footprint& footprint);

  private:
    struct Moment {
        Cycles now = 0;
        // To be compared first: program counters and the memory's phase.
        std::array<std::int64_t, isa::kEngines + 1> glance{};
        std::vector<std::int64_t> same;
        std::vector<std::int64_t> moving;
        std::vector<std::int64_t> loops;
        std::vector<std::int64_t> counts;
    };
    struct Record {
        isa::Engine engine;
        std::size_t pc;
        Footprint footprint;
    };
    using Records = std::vector<Record>;

    void look(Cycles now);
    void begin_search();
    void stop_comparing();
    void search(Cycles now);
    void compare(Cycles now);
    void give_up();
    [[nodiscard]] std::array<std::int64_t, isa::kEngines + 1> glance(Cycles now) const;
    [[nodiscard]] Moment moment(Cycles now);
    // Periods that may be left out after the two that were recorded; 0: none.
    [[nodiscard]] std::int64_t periods() const;
    // How many periods make one after which all addresses look the same again.
    [[nodiscard]] std::int64_t periods_until_aligned() const;
    [[nodiscard]] bool addresses_stay_in_range(std::int64_t periods) const;
    [[nodiscard]] bool rows_stay_apart(std::int64_t periods) const;
    void skip(std::int64_t periods);

    RepeatingModel& model_;
    isa::ArrayConfig config_;
    bool enabled_ = false;
    isa::Engine pace_ = isa::Engine::Stce;

    // Search (Brent): the moment that is remembered, RUNs since then, and when it is renewed.
    Moment remembered_;
    std::int64_t since_ = 0;
    std::int64_t renew_after_ = 0;  // 0: none is remembered yet
    std::int64_t rest_ = 0;         // RUNs to let pass after a failure
    std::int64_t next_rest_ = 0;
    // Comparison: moments one period apart, and the operations between them.
    std::int64_t period_ = 0;  // RUNs; 0: searching
    std::int64_t left_ = 0;    // of them, to the next moment
    bool recording_ = false;
    std::vector<Moment> moments_;
    std::array<Records, 2> records_;
};

}  // namespace satsim::cycle
