// N:M: how the column panels of a packed matrix lie on its rows of indices. LOAD reads whole words of 16
// indices, on chip a pair's row begins at a word, and a panel narrower than that begins anywhere within one.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/isa/program.hpp"
#include "runtime/support/types.hpp"

namespace satsim::schedule {

// From one panel to the next: so many words, and so many units of four indices beyond them. After `round`
// panels those have added up to a word more. All 0 and a round of 1 without indices.
struct IndexPanels {
    std::int64_t words = 0;
    std::int64_t units = 0;
    std::int64_t round = 1;
};

// None when some panel's indices reach into one word more than their row on chip has (4 columns with 3 or 7
// slots); a panel that is alone begins at a word.
[[nodiscard]] std::optional<IndexPanels> index_panels(std::int64_t panels, int column_slots,
                                                      const NmPattern& nm, const isa::ArrayConfig& array);

// Column slots of a panel of `columns` columns from column `first` on: as few as cover them within the words
// that their row of indices has on chip.
[[nodiscard]] int column_slots_for(std::int64_t first, std::int64_t columns, const NmPattern& nm,
                                   const isa::ArrayConfig& array);

}  // namespace satsim::schedule
