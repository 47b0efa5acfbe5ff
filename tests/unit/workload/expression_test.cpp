#include "runtime/support/expression.hpp"

#include <gtest/gtest.h>

namespace satsim {
namespace {

ExpressionValue value(const char* text) {
    return evaluate_expression(text, [](std::string_view name) -> std::optional<std::int64_t> {
        if (name == "a") return 12;
        if (name == "big") return std::int64_t{1} << 62;
        return std::nullopt;
    });
}

TEST(Expressions, AreEvaluatedAsInMathematics) {
    const std::pair<const char*, std::int64_t> kCases[] = {{"7", 7},
                                                           {"$a", 12},
                                                           {"1 + 2 * $a", 25},
                                                           {"(1 + 2) * $a", 36},
                                                           {"$a / 4 / 3", 1},
                                                           {"-7 // 2", -4},
                                                           {"-7 % 4", 1},
                                                           {"up(8 * $a // 3, 16)", 32},
                                                           {"up(32, 16)", 32},
                                                           {"min($a, 3) - max(1, 2)", 1},
                                                           {"$a > 3 ? 1 : 2", 1},
                                                           {"$a == 3 ? 1 : $a != 3 ? 5 : 6", 5},
                                                           {"$a > 0 ? 1 : 1 / 0", 1},
                                                           {"--3", 3},
                                                           {"2<=2", 1}};
    for (const auto& [text, expected] : kCases) {
        const ExpressionValue result = value(text);
        EXPECT_EQ(result.fault, "") << text;
        EXPECT_EQ(result.value, expected) << text;
    }
}

TEST(Expressions, FaultsSayWhatIsWrong) {
    const std::pair<const char*, const char*> kCases[] = {{"$b", "$b is no parameter here"},
                                                          {"1 +", "ends too early"},
                                                          {"$a / 5", "12 / 5 leaves a remainder"},
                                                          {"1 // 0", "divides by 0"},
                                                          {"(1", "lacks a \")\""},
                                                          {"1 2", "character 3"},
                                                          {"$big * 4", "beyond 64 bits"},
                                                          {"$big + $big", "beyond 64 bits"},
                                                          {"99999999999999999999", "64 bits"},
                                                          {"sqrt(1, 2)", "is no function"},
                                                          {"up(1, 0)", "multiples of 0"},
                                                          {"", "ends too early"},
                                                          {"a\nb", "lacks a \"(\""}};
    for (const auto& [text, expected] : kCases)
        EXPECT_NE(value(text).fault.find(expected), std::string::npos) << text << ": " << value(text).fault;
    EXPECT_NE(value(std::string(100000, '(').c_str()).fault, "");
    EXPECT_NE(value(std::string(100000, '-').c_str()).fault, "");
}

}  // namespace
}  // namespace satsim
