#include "runtime/support/json_cursor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "runtime/support/error.hpp"

namespace satsim {
namespace {

using nlohmann::json;

std::string position_text(std::string_view text, std::size_t byte) {
    const std::string_view before = text.substr(0, std::min(byte, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t start = before.rfind('\n');
    const std::size_t column = start == std::string_view::npos ? before.size() : before.size() - start - 1;
    return fmt::format("line {}, column {}", line, std::max<std::size_t>(column, 1));
}

std::string joined(std::initializer_list<std::string_view> names) {
    std::string text;
    for (const std::string_view name : names) text += (text.empty() ? "" : ", ") + std::string(name);
    return text;
}

}  // namespace

std::string shown(const json& value) {
    std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
    if (text.size() > 40) text = text.substr(0, 37) + "...";
    return text;
}

json parse_json_text(std::string_view text, const std::string& name) {
    // nlohmann keeps the last of repeated keys; a repeated key is a mistake worth naming.
    std::vector<std::set<std::string>> open;
    std::string repeated;
    const auto watch = [&](int, json::parse_event_t event, json& value) {
        if (event == json::parse_event_t::object_start) open.emplace_back();
        if (event == json::parse_event_t::object_end) open.pop_back();
        if (event == json::parse_event_t::key && !open.back().insert(value.get<std::string>()).second)
            repeated = value.get<std::string>();
        return true;
    };
    try {
        json document = json::parse(text, watch);
        if (!repeated.empty())
            throw InputError(name, "", "key " + shown(repeated) + " appears twice in one object");
        return document;
    } catch (const json::parse_error& error) {
        throw InputError(
            name, "", "malformed JSON at " + position_text(text, error.byte) + ", expected one JSON value");
    } catch (const json::exception& error) {
        throw InputError(name, "", std::string("malformed JSON: ") + error.what());
    }
}

json parse_json_file(const std::filesystem::path& path) {
    std::error_code code;
    if (std::filesystem::is_directory(path, code))
        throw InputError(path.string(), "", "is a folder, expected a JSON file");
    std::ifstream in(path, std::ios::binary);
    if (!in) throw InputError(path.string(), "", "cannot be read, expected a JSON file");
    std::ostringstream text;
    text << in.rdbuf();
    return parse_json_text(text.str(), path.string());
}

const JsonCursor& JsonCursor::object(std::initializer_list<std::string_view> required,
                                     std::initializer_list<std::string_view> optional) const {
    if (!node_->is_object()) fail("is " + shown(*node_) + ", expected an object");
    for (const auto& [key, value] : node_->items()) {
        const auto is_key = [&key = key](std::string_view name) { return name == key; };
        if (key == "$schema" || key == "comment" || std::any_of(required.begin(), required.end(), is_key) ||
            std::any_of(optional.begin(), optional.end(), is_key))
            continue;
        std::string known = joined(required);
        if (optional.size() > 0) known += ", " + joined(optional);
        fail("has the unknown field " + shown(key) + ", expected one of " + known);
    }
    for (const std::string_view name : required) {
        if (!node_->contains(name)) fail("lacks the field \"" + std::string(name) + "\"");
    }
    return *this;
}

bool JsonCursor::has(std::string_view key) const {
    return node_->contains(key);
}

JsonCursor JsonCursor::at(std::string_view key) const {
    if (!node_->is_object()) fail("is " + shown(*node_) + ", expected an object");
    const auto found = node_->find(key);
    if (found == node_->end()) fail("lacks the field \"" + std::string(key) + "\"");
    return {*found, file_, pointer_ + "/" + std::string(key)};
}

std::vector<std::string> JsonCursor::names() const {
    if (!node_->is_object()) fail("is " + shown(*node_) + ", expected an object");
    std::vector<std::string> keys;
    for (const auto& [key, value] : node_->items()) {
        if (one_line(key) != key) fail("has the name " + shown(key) + ", expected no control characters");
        keys.push_back(key);
    }
    return keys;
}

std::size_t JsonCursor::size(std::size_t least) const {
    if (!node_->is_array()) fail("is " + shown(*node_) + ", expected an array");
    if (node_->size() < least)
        fail(fmt::format("has {} elements, expected at least {}", node_->size(), least));
    return node_->size();
}

JsonCursor JsonCursor::at(std::size_t index) const {
    return {node_->at(index), file_, pointer_ + "/" + std::to_string(index)};
}

std::int64_t JsonCursor::integer(std::int64_t low, std::int64_t high) const {
    const bool fits = node_->is_number_integer() &&
                      !(node_->is_number_unsigned() && node_->get<std::uint64_t>() > INT64_MAX);
    if (!fits || node_->get<std::int64_t>() < low || node_->get<std::int64_t>() > high)
        fail(fmt::format("is {}, expected an integer from {} to {}", shown(*node_), low, high));
    return node_->get<std::int64_t>();
}

double JsonCursor::number(double low, double high) const {
    if (!node_->is_number()) fail("is " + shown(*node_) + ", expected a number");
    const auto value = node_->get<double>();
    if (!std::isfinite(value) || value < low || value > high)
        fail(fmt::format("is {}, expected a number from {} to {}", shown(*node_), low, high));
    return value;
}

std::string JsonCursor::text() const {
    if (!node_->is_string() || node_->get_ref<const std::string&>().empty())
        fail("is " + shown(*node_) + ", expected a non-empty string");
    return node_->get<std::string>();
}

std::string JsonCursor::name() const {
    const std::string name = text();
    if (one_line(name) != name) fail("is " + shown(*node_) + ", expected a name without control characters");
    return name;
}

bool JsonCursor::boolean() const {
    if (!node_->is_boolean()) fail("is " + shown(*node_) + ", expected true or false");
    return node_->get<bool>();
}

void JsonCursor::fail(const std::string& message) const {
    throw InputError(file_, pointer_.empty() ? "/" : pointer_, message);
}

}  // namespace satsim
