#include "sim/cycle/semaphores.hpp"

#include <algorithm>

#include "runtime/support/error.hpp"
#include "sim/cycle/load_timing.hpp"

namespace satsim::cycle {

void Semaphores::reset(std::span<const std::uint8_t> initial) {
    for (std::size_t i = 0; i < all_.size(); ++i) {
        all_[i].count = i < initial.size() ? initial[i] : 0;
        all_[i].pending.clear();
        all_[i].first = 0;
    }
}

void Semaphores::push(int semaphore, Cycles t, std::int64_t tokens) {
    Semaphore& s = of(semaphore);
    if (s.first > 0 && s.first == s.pending.size()) {
        s.pending.clear();
        s.first = 0;
    }
    auto place = s.pending.end();
    while (place != s.pending.begin() + static_cast<std::ptrdiff_t>(s.first) && std::prev(place)->at > t)
        --place;
    s.pending.insert(place, {t, tokens});
}

void Semaphores::absorb(int semaphore, Cycles t) {
    Semaphore& s = of(semaphore);
    for (; s.first < s.pending.size() && s.pending[s.first].at < t; ++s.first) {
        s.count += s.pending[s.first].tokens;
        if (s.count > isa::kSemaphoreMax) {
            throw InputError("program", "",
                             "semaphore " + std::to_string(semaphore) + " exceeds " +
                                 std::to_string(isa::kSemaphoreMax) + " in cycle " +
                                 std::to_string(s.pending[s.first].at + 1));
        }
    }
    if (s.first > 1024) {
        s.pending.erase(s.pending.begin(), s.pending.begin() + static_cast<std::ptrdiff_t>(s.first));
        s.first = 0;
    }
}

Cycles Semaphores::available(int semaphore, Cycles t, std::int64_t tokens) {
    absorb(semaphore, t);
    const Semaphore& s = of(semaphore);
    std::int64_t count = s.count;
    if (count >= tokens) return t;
    for (std::size_t i = s.first; i < s.pending.size(); ++i) {
        count += s.pending[i].tokens;
        if (count >= tokens) return s.pending[i].at + 1;
    }
    return kUnknown;
}

void Semaphores::walk(StateWalk& state) const {
    for (const Semaphore& s : all_) {
        std::int64_t count = s.count;
        std::size_t i = s.first;
        while (i < s.pending.size() && s.pending[i].at < state.now() - StateWalk::kHorizon)
            count += s.pending[i++].tokens;
        state.same(count);
        state.same(static_cast<std::int64_t>(s.pending.size() - i));
        for (; i < s.pending.size(); ++i) {
            state.time(s.pending[i].at);
            state.same(s.pending[i].tokens);
        }
    }
}

std::int64_t Semaphores::held(int semaphore) const {
    const Semaphore& s = of(semaphore);
    std::int64_t count = s.count;
    for (std::size_t i = s.first; i < s.pending.size(); ++i) count += s.pending[i].tokens;
    return count;
}

void Semaphores::take(int semaphore, Cycles t, std::int64_t tokens) {
    absorb(semaphore, t);
    of(semaphore).count -= tokens;
}

}  // namespace satsim::cycle
