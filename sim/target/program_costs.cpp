#include "sim/target/program_costs.hpp"

#include <utility>

namespace satsim::sat {
namespace {

// Two independent chains of multiply and rotate over 64-bit words; programs are hashed by the hundred
// thousand.
class WordDigest {
  public:
    void add(std::uint64_t word) {
        low_ = mix(low_ ^ word, 0x9E3779B97F4A7C15U);
        high_ = mix(high_ + word, 0xC2B2AE3D27D4EB4FU);
    }
    void add(std::int64_t word) { add(static_cast<std::uint64_t>(word)); }
    void add(int word) { add(static_cast<std::uint64_t>(static_cast<std::int64_t>(word))); }
    [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> value() const { return {low_, high_}; }

  private:
    static std::uint64_t mix(std::uint64_t value, std::uint64_t factor) {
        value *= factor;
        return value ^ (value >> 32);
    }
    std::uint64_t low_ = 0x243F6A8885A308D3U;
    std::uint64_t high_ = 0x13198A2E03707344U;
};

void add_machine(WordDigest& digest, const isa::ArrayConfig& a, const dram::MemoryConfig& memory) {
    for (const int value :
         {a.rows, a.columns, a.channels, a.burst_lines, a.piece_fifo, a.line_fifo, a.store_fifo,
          static_cast<int>(memory.kind), memory.channels, memory.ideal_latency})
        digest.add(value);
    const dram::Ddr4Timing& t = memory.ddr4;
    for (const int value : {t.cl, t.rcd, t.rp, t.ras, t.wr, t.wtr, t.rtw, t.refi, t.rfc, t.ctrl, t.phy})
        digest.add(value);
    digest.add(memory.stall_seed);
}

// The configuration without what a program's time does not depend on. Costs are worked out with it, so that
// they cannot depend on what the key leaves out.
isa::ArrayConfig timed(const isa::ArrayConfig& array) {
    isa::ArrayConfig kept;
    kept.rows = array.rows;
    kept.columns = array.columns;
    kept.channels = array.channels;
    kept.burst_lines = array.burst_lines;
    kept.piece_fifo = array.piece_fifo;
    kept.line_fifo = array.line_fifo;
    kept.store_fifo = array.store_fifo;
    return kept;
}

}  // namespace

std::pair<std::uint64_t, std::uint64_t> machine_timing(const isa::ArrayConfig& array,
                                                       const dram::MemoryConfig& memory) {
    WordDigest digest;
    add_machine(digest, array, memory);
    return digest.value();
}

Cycles ProgramCosts::cycles(const isa::Program& program, const dram::MemoryConfig& memory) {
    return fast_.predict(program, memory).cycles;
}

Execution ProgramCosts::counted(const isa::Program& program, const dram::MemoryConfig& memory) {
    return count_program(program, memory, predict(program, memory));
}

RememberedCosts::Key RememberedCosts::key(const isa::Program& program, const dram::MemoryConfig& memory) {
    WordDigest digest;
    add_machine(digest, program.config, memory);
    digest.add(program.address);
    for (const std::uint8_t value : program.semaphores) digest.add(int{value});
    for (const std::vector<isa::Instruction>& stream : program.streams) {
        digest.add(static_cast<std::int64_t>(stream.size()));
        for (const isa::Instruction& i : stream) {
            const auto head = static_cast<std::uint64_t>(i.opcode) << 16U |
                              static_cast<std::uint64_t>(i.rd) << 8U | static_cast<std::uint64_t>(i.rs);
            digest.add(static_cast<std::uint64_t>(i.imm) << 24U ^ head);
        }
    }
    const auto [low, high] = digest.value();
    return {low, high};
}

RememberedCosts::Cost& RememberedCosts::cost(const isa::Program& program, const dram::MemoryConfig& memory) {
    const Key name = key(program, memory);
    if (const auto found = young_.find(name); found != young_.end()) return found->second;
    Cost known;
    if (const auto found = old_.find(name); found != old_.end()) known = std::move(found->second);
    if (young_.size() >= most_) {
        old_ = std::move(young_);
        young_ = {};
    }
    return young_.emplace(name, std::move(known)).first->second;
}

Cycles RememberedCosts::cycles(const isa::Program& program, const dram::MemoryConfig& memory) {
    return prediction(cost(program, memory), program, memory).cycles;
}

Execution RememberedCosts::counted(const isa::Program& program, const dram::MemoryConfig& memory) {
    Cost& known = cost(program, memory);
    if (!known.counted) {
        isa::Program plain = program;
        plain.config = timed(program.config);
        known.counted = count_program(plain, memory, prediction(known, program, memory));
    }
    return *known.counted;
}

const fast::Prediction& RememberedCosts::prediction(Cost& known, const isa::Program& program,
                                                    const dram::MemoryConfig& memory) {
    ++asked_;
    if (!known.predicted) {
        ++worked_out_;
        isa::Program plain = program;
        plain.config = timed(program.config);
        known.predicted = predict(plain, memory);
    }
    return *known.predicted;
}

}  // namespace satsim::sat
