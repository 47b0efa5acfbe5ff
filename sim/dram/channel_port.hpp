// The gang's AXI side: every channel returns its beats in order, and a line is there when its slowest beat
// is.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "sim/dram/memory.hpp"
#include "sim/dram/stall.hpp"

namespace satsim::dram {

class ChannelPort {
  public:
    explicit ChannelPort(const MemoryConfig& config)
        : seed_(config.stall_seed), last_(static_cast<std::size_t>(config.channels), kNever) {}

    [[nodiscard]] bool stalls() const { return seed_ != 0; }

    // R side: cycle in which the line whose beats the device has ready in cycle `ready` is complete. Beats of
    // a channel come at least one cycle apart; a beat's stall is added to that.
    [[nodiscard]] Cycles arrive(Cycles ready, std::int64_t burst, int beat) {
        Cycles complete = kNever;
        for (std::size_t channel = 0; channel < last_.size(); ++channel) {
            last_[channel] = std::max(ready, last_[channel] + 1) +
                             stall_cycles(seed_, static_cast<int>(channel), burst, beat);
            complete = std::max(complete, last_[channel]);
        }
        return complete;
    }

    // W side: cycle of the handshake of a line offered in cycle `offered` (all channels take their beats
    // together).
    [[nodiscard]] Cycles accept(Cycles offered, std::int64_t burst, int beat) const {
        int stall = 0;
        for (std::size_t channel = 0; channel < last_.size(); ++channel) {
            stall = std::max(stall, stall_cycles(seed_, static_cast<int>(channel), burst, beat));
        }
        return offered + stall;
    }

    void walk(StateWalk& state) const {
        for (const Cycles at : last_) state.time(at);
    }

  private:
    static constexpr Cycles kNever = std::numeric_limits<Cycles>::min() / 2;
    std::uint64_t seed_;
    std::vector<Cycles> last_;  // last arrival on each channel
};

}  // namespace satsim::dram
