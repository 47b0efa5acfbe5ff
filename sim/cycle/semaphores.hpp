// The 16 counting semaphores with tokens that carry the cycle of their push (contract.md §3).
//
// Every semaphore has one producing and one consuming engine, so a WAIT whose tokens are known to have been
// pushed in earlier cycles is settled, whatever else happens; pushes may become known long before their
// cycle.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/support/types.hpp"
#include "sat_isa.hpp"
#include "sim/support/state_walk.hpp"

namespace satsim::cycle {

class Semaphores {
  public:
    void reset(std::span<const std::uint8_t> initial);

    // `tokens` are pushed in cycle t: a WAIT sees them from t + 1 on.
    void push(int semaphore, Cycles t, std::int64_t tokens);
    // First cycle >= t in which a WAIT for `tokens` can take them, as far as pushes are known; kUnknown
    // otherwise. t does not fall from call to call. Throws InputError when the semaphore overflowed before t.
    [[nodiscard]] Cycles available(int semaphore, Cycles t, std::int64_t tokens);
    // A WAIT takes its tokens in cycle t, which available() gave.
    void take(int semaphore, Cycles t, std::int64_t tokens);

    void walk(StateWalk& state) const;

    // All tokens that are there or known to come.
    [[nodiscard]] std::int64_t held(int semaphore) const;

  private:
    struct Push {
        Cycles at;
        std::int64_t tokens;
    };
    struct Semaphore {
        std::int64_t count = 0;     // tokens of the pushes before the last WAIT looked
        std::vector<Push> pending;  // later ones, ascending, from `first` on
        std::size_t first = 0;
    };
    [[nodiscard]] Semaphore& of(int semaphore) { return all_[static_cast<std::size_t>(semaphore)]; }
    [[nodiscard]] const Semaphore& of(int semaphore) const {
        return all_[static_cast<std::size_t>(semaphore)];
    }
    void absorb(int semaphore, Cycles t);

    std::array<Semaphore, isa::kSemaphores> all_;
};

}  // namespace satsim::cycle
