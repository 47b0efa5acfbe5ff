// Integer expressions in JSON files: "$heads * $head_dim", "up(8 * $width / 3, 256)", "$gated ? 3 : 2".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace satsim {

// Operators, weakest first: `? :`; == != < <= > >=; + -; * / // %; unary -. `/` must leave no remainder, `//`
// and % round down. Functions: min(a, b), max(a, b), up(a, b) (a rounded up to a multiple of b). Comparisons
// give 1 or 0. 64 bits; both branches of `? :` are evaluated, the other's faults are none.
//
// `value_of` gives what `$name` stands for, or nothing. On a fault, what is wrong comes back: "$x is no
// parameter here", "ends too early", "17 / 3 leaves a remainder".
struct ExpressionValue {
    std::int64_t value = 0;
    std::string fault;
};
using ParameterLookup = std::function<std::optional<std::int64_t>(std::string_view)>;
[[nodiscard]] ExpressionValue evaluate_expression(std::string_view text, const ParameterLookup& value_of);

}  // namespace satsim
