#include "runtime/schedule/index_panels.hpp"

namespace satsim::schedule {

std::optional<IndexPanels> index_panels(std::int64_t panels, int column_slots, const NmPattern& nm,
                                        const isa::ArrayConfig& array) {
    IndexPanels walk;
    if (nm.dense()) return walk;
    const std::int64_t width = std::int64_t{array.columns} * column_slots;
    walk.words = width / isa::kIndicesOfWord;
    walk.units = width % isa::kIndicesOfWord / isa::kIndicesOfUnit;
    if (walk.units == 0 || panels == 1) return walk;
    if (isa::kIndexUnitsOfWord % walk.units != 0) return std::nullopt;
    walk.round = isa::kIndexUnitsOfWord / walk.units;
    return walk;
}

int column_slots_for(std::int64_t first, std::int64_t columns, const NmPattern& nm,
                     const isa::ArrayConfig& array) {
    auto slots = static_cast<int>(ceil_div<std::int64_t>(columns, array.columns));
    if (nm.dense()) return slots;
    const auto fits = [&](std::int64_t sc) {
        return first % isa::kIndicesOfWord + sc * array.columns <=
               array.index_row_words(sc) * isa::kIndicesOfWord;
    };
    while (!fits(slots)) ++slots;
    return slots;
}

}  // namespace satsim::schedule
