// Checks that the kinds of documents share. All throw InputError with the pointer of what is wrong.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "runtime/support/json_cursor.hpp"

namespace satsim::report {

inline constexpr double kLargest = 1e300;

inline double number(const JsonCursor& object, std::string_view key) {
    return object.at(key).number(-kLargest, kLargest);
}

// Not negative: times, counts, bytes, joules.
inline void amounts(const JsonCursor& object, std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) (void)object.at(key).number(0, kLargest);
}

// How often a step has a task; once, where it does not say.
inline void check_times(const JsonCursor& task) {
    if (task.has("times")) (void)task.at("times").integer(1, INT64_MAX);
}

// Strings, perhaps empty.
inline void texts(const JsonCursor& object, std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) {
        const JsonCursor field = object.at(key);
        if (!field.is_text()) field.fail("expected a string");
    }
}

template <typename Check>
void each(const JsonCursor& array, Check check, std::size_t least = 0) {
    const std::size_t size = array.size(least);
    for (std::size_t i = 0; i < size; ++i) check(array.at(i));
}

inline void one_of(const JsonCursor& field, std::initializer_list<std::string_view> values) {
    const std::string text = field.text();
    std::string known;
    for (const std::string_view value : values) {
        if (text == value) return;
        known += (known.empty() ? "" : ", ") + std::string(value);
    }
    field.fail("is \"" + text + "\", expected one of " + known);
}

}  // namespace satsim::report
