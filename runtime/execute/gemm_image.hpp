// The operands of a GEMM task in SAT's memory, where its program looks for them
// (docs/architecture/layouts.md), and its result back from there.
#pragma once

#include "runtime/execute/engine.hpp"
#include "runtime/functional/memory_image.hpp"
#include "runtime/schedule/fold_image.hpp"
#include "runtime/schedule/tensor_layout.hpp"

namespace satsim::execute {

class GemmImage {
  public:
    GemmImage(const GemmTask& task, const isa::ArrayConfig& array);

    // The task that is scheduled: on the stored input where the network's input is folded.
    [[nodiscard]] const GemmTask& scheduled() const { return scheduled_; }

    // Both throw std::logic_error where the operands are not the task's.
    void place(const GemmWork& work, MemoryImage& memory) const;
    void read(const MemoryImage& memory, const GemmWork& work) const;

  private:
    void place_map(const GemmWork& work, MemoryImage& memory) const;
    void place_folded_map(const GemmWork& work, MemoryImage& memory) const;
    void place_weight(const GemmWork& work, MemoryImage& memory) const;
    void place_rows(const GemmWork& work, MemoryImage& memory) const;
    // First row of B as stored of the task's tap `tap`, and the row of its channel `c` (dense B).
    [[nodiscard]] std::int64_t first_row(std::size_t tap) const;
    [[nodiscard]] std::int64_t row_of(std::size_t tap, int c) const;
    // Row of C as stored, of tasks that sum over positions, for channel `c` of the task's tap `tap`.
    [[nodiscard]] std::int64_t stored_row(std::size_t tap, int c) const;

    GemmTask task_;
    GemmTask scheduled_;
    schedule::GemmLayout layout_;
    std::optional<schedule::FoldedOrder> folded_;
};

}  // namespace satsim::execute
