// What programs cost by the fast model: predicted cycles and counted events.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "sim/fast/fast_sat.hpp"
#include "sim/target/program_counters.hpp"

namespace satsim::sat {

// What of a machine the cost of a given program depends on, as a digest: machines that differ in it have no
// costs in common.
[[nodiscard]] std::pair<std::uint64_t, std::uint64_t> machine_timing(const isa::ArrayConfig& array,
                                                                     const dram::MemoryConfig& memory);

// Works everything out each time. Keeps FastSat's buffers from call to call.
class ProgramCosts {
  public:
    ProgramCosts() = default;
    ProgramCosts(const ProgramCosts&) = delete;
    ProgramCosts& operator=(const ProgramCosts&) = delete;
    virtual ~ProgramCosts() = default;

    // FastSat's cycles.
    [[nodiscard]] virtual Cycles cycles(const isa::Program& program, const dram::MemoryConfig& memory);
    // count_program() by FastSat's prediction.
    [[nodiscard]] virtual Execution counted(const isa::Program& program, const dram::MemoryConfig& memory);

  protected:
    [[nodiscard]] fast::Prediction predict(const isa::Program& program, const dram::MemoryConfig& memory) {
        return fast_.predict(program, memory);
    }

  private:
    fast::FastSat fast_;
};

// Remembers what it has worked out, by the program's content and what of the machine a program's time depends
// on: the sizes of on-chip memories are in the program's addresses, and nowhere else.
class RememberedCosts final : public ProgramCosts {
  public:
    // At least `most` programs are remembered, and at most twice as many; each takes sizeof(Key) +
    // sizeof(Cost) and what the prediction holds of each LOAD and STORE instruction.
    explicit RememberedCosts(std::size_t most = 20000) : most_(most) {}

    [[nodiscard]] Cycles cycles(const isa::Program& program, const dram::MemoryConfig& memory) override;
    [[nodiscard]] Execution counted(const isa::Program& program, const dram::MemoryConfig& memory) override;

    [[nodiscard]] std::int64_t asked() const { return asked_; }
    [[nodiscard]] std::int64_t worked_out() const { return worked_out_; }

  private:
    struct Key {
        std::uint64_t low = 0;
        std::uint64_t high = 0;
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const { return static_cast<std::size_t>(key.low); }
    };
    struct Cost {
        std::optional<fast::Prediction> predicted;
        std::optional<Execution> counted;
    };
    using Costs = std::unordered_map<Key, Cost, Hash>;

    [[nodiscard]] static Key key(const isa::Program& program, const dram::MemoryConfig& memory);
    [[nodiscard]] Cost& cost(const isa::Program& program, const dram::MemoryConfig& memory);
    [[nodiscard]] const fast::Prediction& prediction(Cost& known, const isa::Program& program,
                                                     const dram::MemoryConfig& memory);

    std::size_t most_;
    // Younger entries and older ones, which are dropped when the younger ones have become as many as `most_`.
    Costs young_;
    Costs old_;
    std::int64_t asked_ = 0;
    std::int64_t worked_out_ = 0;
};

}  // namespace satsim::sat
