#include "runtime/trace_import/event_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "runtime/support/error.hpp"

namespace satsim::trace_import {
namespace {

using nlohmann::json;

// Arguments of real events nest a few levels (shapes in lists of lists).
constexpr std::size_t kDeepest = 64;

// Builds each event from the parser's tokens and forgets it once visited. Everything else is counted past.
class Handler final : public nlohmann::json_sax<json> {
  public:
    Handler(std::string name, const EventVisitor& visit) : name_(std::move(name)), visit_(visit) {}

    bool null() override { return value(nullptr); }
    bool boolean(bool v) override { return value(v); }
    bool number_integer(number_integer_t v) override { return value(v); }
    bool number_unsigned(number_unsigned_t v) override { return value(v); }
    bool number_float(number_float_t v, const string_t&) override { return value(v); }
    bool binary(binary_t&) override { return value(nullptr); }
    bool string(string_t& v) override {
        if (top_key_ == "deviceProperties" && key_ == "name" && header.device.empty()) header.device = v;
        return value(std::move(v));
    }

    bool start_object(std::size_t) override { return open(json::object()); }
    bool start_array(std::size_t) override {
        if (!in_events_ && (depth_ == 0 || (depth_ == 1 && top_key_ == "traceEvents"))) {
            if (found_) fail("has \"traceEvents\" twice");
            in_events_ = found_ = true;
            events_depth_ = ++depth_;
            return true;
        }
        return open(json::array());
    }
    bool end_object() override { return close(); }
    bool end_array() override {
        if (in_events_ && depth_ == events_depth_) {
            in_events_ = false;
            --depth_;
            return true;
        }
        return close();
    }

    bool key(string_t& k) override {
        key_ = k;
        if (depth_ == 1 && !in_events_) {
            top_key_ = k;
            header.schema_version = header.schema_version || k == "schemaVersion";
        }
        if (!stack_.empty()) pending_ = &(*stack_.back())[k];
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const json::exception& error) override {
        // Of an array of events the format allows the end to lack, so that a program may write until it
        // stops.
        if (in_events_ && events_depth_ == 1 && depth_ == 1) {
            const std::string_view what = error.what();
            // The fault follows the first dash; behind it the text of the file may be quoted.
            const std::string_view found = what.substr(std::min(what.size(), what.find(" - ")));
            if (found.starts_with(" - unexpected end of input")) return false;
            ends_in_comma = found.starts_with(" - unexpected ']'");
            if (ends_in_comma) return false;
        }
        throw InputError(name_, "",
                         fmt::format("malformed JSON at byte {}, expected a whole trace", position));
    }

    [[nodiscard]] bool found() const { return found_; }

    TraceHeader header;
    bool ends_in_comma = false;  // the parser stopped at the array's end, behind a comma

  private:
    [[noreturn]] void fail(const std::string& message) const {
        throw InputError(name_, found_ ? fmt::format("/traceEvents/{}", index_) : "/", message);
    }

    // Where the value at hand goes; null: it is not part of an event.
    json* place(json&& v) {
        if (stack_.empty()) return nullptr;
        if (stack_.back()->is_array()) {
            stack_.back()->push_back(std::move(v));
            return &stack_.back()->back();
        }
        *pending_ = std::move(v);
        return pending_;
    }

    bool value(json&& v) {
        if (in_events_ && depth_ == events_depth_) fail("is no event, expected an object");
        if (depth_ == 0) fail("is no trace, expected an object with \"traceEvents\"");
        (void)place(std::move(v));
        return true;
    }

    bool open(json&& v) {
        const bool is_event = in_events_ && depth_ == events_depth_;
        ++depth_;
        if (depth_ > kDeepest) fail("nests too deeply");
        if (is_event) {
            if (!v.is_object()) fail("is no event, expected an object");
            event_ = std::move(v);
            stack_.push_back(&event_);
        } else if (json* placed = place(std::move(v)); placed != nullptr) {
            stack_.push_back(placed);
        }
        return true;
    }

    bool close() {
        --depth_;
        if (stack_.empty()) return true;
        stack_.pop_back();
        if (stack_.empty()) visit_(event_, index_++);
        return true;
    }

    std::string name_;
    const EventVisitor& visit_;
    std::size_t depth_ = 0;
    std::size_t events_depth_ = 0;
    bool in_events_ = false;
    bool found_ = false;
    std::string top_key_;
    std::string key_;
    std::size_t index_ = 0;
    json event_;
    std::vector<json*> stack_;  // objects and arrays of the event that are open
    json* pending_ = nullptr;   // value of the last key
};

void refuse_more(std::istream& in, const std::string& name) {
    using Traits = std::istream::traits_type;
    for (auto c = in.rdbuf()->sbumpc(); !Traits::eq_int_type(c, Traits::eof()); c = in.rdbuf()->sbumpc()) {
        if (std::string_view(" \t\r\n").find(Traits::to_char_type(c)) == std::string_view::npos)
            throw InputError(name, "", "malformed JSON behind the array of events, expected its end");
    }
}

}  // namespace

TraceHeader read_events(std::istream& in, const std::string& name, const EventVisitor& visit) {
    // gzip's first two bytes: profilers compress.
    if (in.peek() == 0x1f) throw InputError(name, "", "is compressed, expected JSON");
    Handler handler(name, visit);
    try {
        (void)json::sax_parse(in, &handler);
        if (handler.ends_in_comma) refuse_more(in, name);
    } catch (const json::exception& error) {
        throw InputError(name, "", std::string("malformed JSON: ") + error.what());
    }
    if (!handler.found()) throw InputError(name, "/", "lacks the field \"traceEvents\": no trace");
    return handler.header;
}

}  // namespace satsim::trace_import
