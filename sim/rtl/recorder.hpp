// Turns the core's monitor events into an Execution.
#pragma once

#include <array>
#include <cstdint>

#include "runtime/isa/program.hpp"
#include "runtime/trace/execution.hpp"

namespace satsim::sim::rtl {

class Recorder {
  public:
    explicit Recorder(const isa::ArrayConfig& config) : config_(config) {}

    // The first instructions execute in cycle `start`.
    void started(Cycles start);
    // Engine events of one cycle, bit e for engine e.
    void events(Cycles now, unsigned dispatched, unsigned released, unsigned ended, unsigned halted);
    // Registers and flags of an operation that is dispatched; register i by its number.
    template <typename Register>
    void stce_operation(Register reg, std::uint32_t flags) {
        count_gemm({reg(isa::stce::groups), reg(isa::stce::sr), reg(isa::stce::sc), reg(isa::stce::n),
                    reg(isa::stce::m), reg(isa::stce::rows), reg(isa::stce::batches), flags});
    }
    template <typename Register>
    void store_operation(Register reg, std::uint32_t flags) {
        constexpr std::int64_t kResult = 0;
        constexpr std::int64_t kVmem = 1;
        const std::int64_t bytes = reg(isa::store::count) * reg(isa::store::len);
        if (reg(isa::store::src_kind) == kVmem) execution_.counters.vmem_words += bytes / 8;
        if (reg(isa::store::src_kind) != kResult) return;
        const std::int64_t element_bytes = (flags & isa::store::kFp16) != 0 ? 2 : 4;
        execution_.counters.result_reads += bytes / element_bytes;
    }
    // Once for each word, however many rows take it (the cycle model counts every row).
    void load_words(std::int64_t words) { execution_.counters.load_words += words; }

    void nonfinite() { execution_.nonfinite = true; }

    // The record; the recorder is empty afterwards.
    [[nodiscard]] Execution take();

  private:
    struct Gemm {
        std::int64_t groups, sr, sc, n, m, rows, batches;
        std::uint32_t flags;
    };
    void count_gemm(const Gemm& op);

    isa::ArrayConfig config_;
    Execution execution_;
    std::array<std::size_t, isa::kEngines> released_{};  // operations that have released
    std::array<std::size_t, isa::kEngines> ended_{};
};

}  // namespace satsim::sim::rtl
