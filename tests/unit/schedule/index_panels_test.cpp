// Panels of columns on rows of indices: counted column by column.
#include "runtime/schedule/index_panels.hpp"

#include <gtest/gtest.h>

namespace satsim::schedule {
namespace {

constexpr NmPattern kSparse{2, 8};

isa::ArrayConfig array_of(int columns) {
    isa::ArrayConfig array;
    array.columns = columns;
    return array;
}

// Words of 16 from the one that holds column `first` to the one that holds column `last`.
std::int64_t words_of(std::int64_t first, std::int64_t last) {
    return last / 16 - first / 16 + 1;
}

TEST(IndexPanels, EveryPanelLiesInTheWordsOfItsRow) {
    int walks = 0;
    for (const int columns : {4, 8, 12, 16, 24, 32}) {
        for (int slots = 1; slots <= 16; ++slots) {
            for (std::int64_t panels = 1; panels <= 20; ++panels) {
                const isa::ArrayConfig array = array_of(columns);
                const std::int64_t width = std::int64_t{columns} * slots;
                bool fits = true;
                for (std::int64_t p = 0; p < panels; ++p)
                    fits = fits && words_of(p * width, (p + 1) * width - 1) <= array.index_row_words(slots);
                const auto walk = index_panels(panels, slots, kSparse, array);
                if (walk) {
                    EXPECT_TRUE(fits) << columns << " x " << slots << ", " << panels;
                    std::int64_t word = 0;
                    std::int64_t unit = 0;
                    for (std::int64_t p = 0; p < panels; ++p) {
                        ASSERT_EQ(16 * word + 4 * unit, p * width);
                        ASSERT_LT(unit, 4);
                        word += walk->words;
                        unit += walk->units;
                        if ((p + 1) % walk->round == 0 && walk->round > 1) ++word, unit -= 4;
                    }
                    ++walks;
                } else {
                    // Three quarters of a word: the second panel straddles, or all do that follow.
                    EXPECT_EQ(width % 16, 12);
                    EXPECT_GT(panels, 1);
                }
            }
        }
    }
    EXPECT_GT(walks, 500);
    EXPECT_FALSE(index_panels(2, 3, kSparse, array_of(4)));
    EXPECT_TRUE(index_panels(1, 3, kSparse, array_of(4)));
    EXPECT_TRUE(index_panels(2, 3, NmPattern{8, 8}, array_of(4)));
}

TEST(IndexPanels, LastPanelTakesAsFewSlotsAsItsWordsAllow) {
    for (const int columns : {4, 8, 16, 32}) {
        const isa::ArrayConfig array = array_of(columns);
        for (int slots = 1; slots <= 16; ++slots) {
            const std::int64_t width = std::int64_t{columns} * slots;
            for (std::int64_t panel = 0; panel < 8; ++panel) {
                if (!index_panels(panel + 1, slots, kSparse, array)) continue;
                for (std::int64_t valid = 1; valid <= width; ++valid) {
                    const std::int64_t first = panel * width;
                    const int chosen = column_slots_for(first, valid, kSparse, array);
                    ASSERT_LE(chosen, slots);
                    for (int sc = 1; sc <= slots; ++sc) {
                        const bool holds = std::int64_t{sc} * columns >= valid;
                        const bool fits =
                            words_of(first, first + sc * columns - 1) <= array.index_row_words(sc);
                        ASSERT_EQ(holds && fits && sc <= chosen, sc == chosen) << sc;
                    }
                    // Nothing beyond the row's padding to 16 columns is read.
                    const std::int64_t end = first / 16 * 16 + 16 * array.index_row_words(chosen);
                    ASSERT_LE(end, round_up<std::int64_t>(first + valid, std::max(columns, 16)));
                    EXPECT_EQ(column_slots_for(first, valid, NmPattern{8, 8}, array),
                              ceil_div<std::int64_t>(valid, columns));
                }
            }
        }
    }
}

}  // namespace
}  // namespace satsim::schedule
