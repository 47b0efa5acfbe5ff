// A number of a data file with its unit, where it comes from, and whether anyone checked that.
#pragma once

#include <string>

#include "runtime/support/json_cursor.hpp"

namespace satsim {

struct Figure {
    double value = 0;
    std::string unit;
    std::string source;
    bool verified = false;
};

inline constexpr double kLargestFigure = 1e18;

// The object {value, unit, source, verified}. Throws InputError for another unit and for a value out of
// range.
[[nodiscard]] Figure read_figure(const JsonCursor& at, const std::string& unit, double low = 0,
                                 double high = kLargestFigure);

}  // namespace satsim
