// Strict reading of JSON: every wrong type, missing or unknown field and value out of range becomes an
// InputError that names the file, the JSON pointer and what was expected.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace satsim {

// A value as an error message quotes it: on one line, short, ASCII.
[[nodiscard]] std::string shown(const nlohmann::json& value);

// Parses a whole JSON file. Throws InputError for a missing or unreadable file and for malformed JSON, with
// line and column of the fault; repeated keys are refused.
[[nodiscard]] nlohmann::json parse_json_file(const std::filesystem::path& path);
[[nodiscard]] nlohmann::json parse_json_text(std::string_view text, const std::string& name);

// One value inside a parsed file. Cheap to copy; the document must outlive it.
class JsonCursor {
  public:
    JsonCursor(const nlohmann::json& node, std::string file, std::string pointer = "")
        : node_(&node), file_(std::move(file)), pointer_(std::move(pointer)) {}

    // This value is an object with all of `required`, perhaps some of `optional`, and nothing else
    // ("$schema" and "comment" are always allowed).
    const JsonCursor& object(std::initializer_list<std::string_view> required,
                             std::initializer_list<std::string_view> optional = {}) const;
    [[nodiscard]] bool has(std::string_view key) const;
    // The field `key`; fails when this value is no object or lacks it.
    [[nodiscard]] JsonCursor at(std::string_view key) const;
    // This value is an object whose keys are the file's own names; those names, without control characters.
    [[nodiscard]] std::vector<std::string> names() const;

    // This value is an array of at least `least` elements; its number of elements.
    [[nodiscard]] std::size_t size(std::size_t least = 0) const;
    [[nodiscard]] JsonCursor at(std::size_t index) const;
    [[nodiscard]] bool is_array() const { return node_->is_array(); }
    [[nodiscard]] bool is_text() const { return node_->is_string(); }
    [[nodiscard]] const nlohmann::json& node() const { return *node_; }
    [[nodiscard]] const std::string& file() const { return file_; }
    [[nodiscard]] const std::string& pointer() const { return pointer_; }

    [[nodiscard]] std::int64_t integer(std::int64_t low, std::int64_t high) const;
    [[nodiscard]] double number(double low, double high) const;  // finite
    [[nodiscard]] std::string text() const;                      // not empty
    [[nodiscard]] std::string name() const;  // not empty, without control characters: tables show it
    [[nodiscard]] bool boolean() const;

    [[noreturn]] void fail(const std::string& message) const;

  private:
    const nlohmann::json* node_;
    std::string file_;
    std::string pointer_;
};

}  // namespace satsim
