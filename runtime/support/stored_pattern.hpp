// The N:M format in which SAT holds and multiplies a matrix of a pattern.
#pragma once

#include "runtime/support/types.hpp"

namespace satsim {

// One of every two, written as two of every four: pair j of a group of four is the kept one of its elements
// 2j and 2j + 1.
inline constexpr NmPattern kOneOfTwo{1, 2};

// 1:2 is a choice, not a format: its rows of values are those of 2:4, which has as many, and so are layouts,
// programs and cycles. All other patterns are stored as they are.
[[nodiscard]] constexpr NmPattern stored_pattern(const NmPattern& nm) {
    return nm == kOneOfTwo ? NmPattern{2, 4} : nm;
}

}  // namespace satsim
