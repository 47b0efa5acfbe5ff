// A weight as the GEMMs of one stage read it: m_f∘W for FF, m_b∘W for BP, both from the same master. A pruned
// gradient is packed as for BP: along its channels, transposed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "runtime/nm/packed_matrix.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::execute {

using Values = std::vector<double>;

struct PackedWeight {
    NmPattern nm{8, 8};     // what is kept
    std::int64_t taps = 0;  // of all groups
    std::int64_t k = 0;     // of one tap: input channels (FF), output channels (BP)
    std::int64_t n = 0;
    Values dense;             // [tap][k][n], +0 where nothing is kept
    nm::PackedMatrix packed;  // the same in the format of SAT's memory, stored_pattern(nm); empty where
                              // nothing is pruned
    [[nodiscard]] bool empty() const { return dense.empty(); }
};

// The pattern that is executed: all dense ones are one.
[[nodiscard]] NmPattern operand_pattern(const NmPattern& nm);

// Along the input channels (FF) or along the output channels, transposed (BP). Masks are those of the master
// rounded to FP16, and so are the values unless `exact`.
[[nodiscard]] PackedWeight pack_weight(const Values& master, const MatrixShape& shape, const NmPattern& nm,
                                       Stage stage, bool exact);

// Of each value of `dense`, whether the copy keeps it: a kept one may be 0.
[[nodiscard]] std::vector<bool> kept_values(const PackedWeight& copy, const MatrixShape& shape, Stage stage);

// A copy of these taps alone, in this order.
[[nodiscard]] PackedWeight taps_of(const PackedWeight& copy, std::span<const std::int64_t> taps);
// A copy of the master's columns [first, first + count) alone. Nothing where a group of the copy holds
// elements of other columns too: of BP, whose groups lie along them.
[[nodiscard]] std::optional<PackedWeight> columns_of(const PackedWeight& copy, Stage stage,
                                                     std::int64_t first, std::int64_t count);

// The copy that stands in packed planes of stored_pattern(nm), or, where nothing is pruned, in `dense`.
[[nodiscard]] PackedWeight unpacked(nm::PackedMatrix packed, const NmPattern& nm, const MatrixShape& shape,
                                    Stage stage);

}  // namespace satsim::execute
