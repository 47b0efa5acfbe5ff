// Memory without banks: a fixed latency, one line a cycle in each direction. docs/architecture/memory.md,
// last part.
#pragma once

#include "sim/dram/channel_port.hpp"
#include "sim/dram/memory.hpp"

namespace satsim::dram {

class IdealMemory final : public Memory {
  public:
    explicit IdealMemory(const MemoryConfig& config) : config_(config), port_(config) {}

    using Memory::read;
    void read(Cycles now, std::int64_t line, std::span<Cycles> arrival) override;
    [[nodiscard]] Cycles write(Cycles now, std::int64_t line, std::span<Cycles> accepted) override;
    [[nodiscard]] MemoryCounters counters(Cycles end) const override;
    void reset() override { *this = IdealMemory(config_); }

    void walk(StateWalk& state) override { port_.walk(state); }
    [[nodiscard]] Cycles phase(Cycles /*now*/) const override { return 0; }
    [[nodiscard]] std::int64_t repeats_after_lines() const override { return 1; }
    [[nodiscard]] std::int64_t row_lines() const override { return 1; }

  private:
    MemoryConfig config_;
    ChannelPort port_;
    std::int64_t bursts_ = 0;
    MemoryCounters counters_;
};

}  // namespace satsim::dram
