// The numbers of an array configuration by name, in the order of the program file.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "runtime/isa/program.hpp"

namespace satsim::isa {

// Config: ArrayConfig or const ArrayConfig. Pairs (name, pointer to the number).
template <typename Config>
[[nodiscard]] constexpr auto config_fields(Config& c) {
    using Entry = std::pair<std::string_view, decltype(&c.rows)>;
    return std::array{Entry{"rows", &c.rows},
                      Entry{"columns", &c.columns},
                      Entry{"max_m", &c.max_m},
                      Entry{"slots", &c.slots},
                      Entry{"channels", &c.channels},
                      Entry{"west_lines", &c.west_lines},
                      Entry{"north_value_lines", &c.north_value_lines},
                      Entry{"north_index_lines", &c.north_index_lines},
                      Entry{"result_addresses", &c.result_addresses},
                      Entry{"instructions", &c.instructions},
                      Entry{"vmem_lines", &c.vmem_lines},
                      Entry{"burst_lines", &c.burst_lines},
                      Entry{"piece_fifo", &c.piece_fifo},
                      Entry{"line_fifo", &c.line_fifo},
                      Entry{"store_fifo", &c.store_fifo}};
}

// A number in which two configurations differ.
struct FieldDifference {
    std::string_view name;
    int have = 0;
    int want = 0;
};

// The first one, if they differ at all.
[[nodiscard]] constexpr std::optional<FieldDifference> first_difference(const ArrayConfig& have,
                                                                        const ArrayConfig& want) {
    const auto ours = config_fields(have);
    const auto theirs = config_fields(want);
    for (std::size_t i = 0; i < ours.size(); ++i) {
        if (*ours[i].second != *theirs[i].second)
            return FieldDifference{ours[i].first, *ours[i].second, *theirs[i].second};
    }
    return std::nullopt;
}

}  // namespace satsim::isa
