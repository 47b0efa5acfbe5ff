// What LOAD and STORE operations move, learnt per RUN instruction from those that were followed line by line.
#pragma once

#include <vector>

#include "sim/fast/coarse_transfer.hpp"
#include "sim/fast/fast_sat.hpp"

namespace satsim::fast {

class DemandLog {
  public:
    // For streams of `instructions`.
    void reset(std::size_t instructions);
    // An operation of RUN instruction `pc` over `positions` moved `moved`; `expected` by closed form.
    void learn(std::size_t pc, double positions, const Demand& expected, const Demand& moved);
    // True if enough is known of that instruction: counting costs time.
    [[nodiscard]] bool knows(std::size_t pc) const { return of_[pc].operations >= kEnough; }
    // Lines a position of the instructions of which something is known, by pc.
    [[nodiscard]] std::vector<RunTraffic> traffic() const;
    // What one of `positions` will move. An instruction that has not been met yet: the closed form, corrected
    // as for all others.
    [[nodiscard]] Demand of(std::size_t pc, double positions, const Demand& expected) const;

  private:
    static constexpr int kEnough = 8;  // operations
    struct Sum {
        int operations = 0;
        double positions = 0;
        Demand moved;
    };
    std::vector<Sum> of_;
    Demand expected_;
    Demand moved_;
};

}  // namespace satsim::fast
