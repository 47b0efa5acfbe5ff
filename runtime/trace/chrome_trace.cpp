#include "runtime/trace/chrome_trace.hpp"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

namespace satsim {
namespace {

std::string json_text(std::string_view text) {
    return nlohmann::json(std::string(text)).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

// The format counts microseconds; three decimals keep whole nanoseconds.
std::string microseconds(Nanoseconds time) {
    return fmt::format("{}.{:03}", time / 1000, time % 1000);
}

}  // namespace

void ChromeTrace::begin_event() {
    if (events_ > 0) body_.push_back(',');
    body_.push_back('\n');
    ++events_;
}

void ChromeTrace::process(int pid, std::string_view name, int order) {
    const auto metadata = [&](const char* kind, const std::string& arguments) {
        begin_event();
        fmt::format_to(std::back_inserter(body_),
                       R"({{"ph":"M","pid":{},"tid":0,"name":"{}","args":{{{}}}}})", pid, kind, arguments);
    };
    metadata("process_name", fmt::format("\"name\":{}", json_text(name)));
    metadata("process_sort_index", fmt::format("\"sort_index\":{}", order));
}

void ChromeTrace::track(int pid, int tid, std::string_view name, int order) {
    const auto metadata = [&](const char* kind, const std::string& arguments) {
        begin_event();
        fmt::format_to(std::back_inserter(body_),
                       R"({{"ph":"M","pid":{},"tid":{},"name":"{}","args":{{{}}}}})", pid, tid, kind,
                       arguments);
    };
    metadata("thread_name", fmt::format("\"name\":{}", json_text(name)));
    metadata("thread_sort_index", fmt::format("\"sort_index\":{}", order));
}

void ChromeTrace::slice(int pid, int tid, std::string_view name, std::string_view category, Nanoseconds start,
                        Nanoseconds end, const Arguments& arguments) {
    begin_event();
    fmt::format_to(std::back_inserter(body_),
                   R"({{"ph":"X","pid":{},"tid":{},"name":{},"cat":{},"ts":{},"dur":{})", pid, tid,
                   json_text(name), json_text(category), microseconds(start), microseconds(end - start));
    if (!arguments.empty()) {
        body_ += ",\"args\":{";
        for (std::size_t i = 0; i < arguments.size(); ++i)
            fmt::format_to(std::back_inserter(body_), "{}{}:{}", i > 0 ? "," : "",
                           json_text(arguments[i].first), json_text(arguments[i].second));
        body_.push_back('}');
    }
    body_.push_back('}');
}

void ChromeTrace::counter(int pid, std::string_view name, Nanoseconds at, double value) {
    begin_event();
    fmt::format_to(std::back_inserter(body_),
                   R"({{"ph":"C","pid":{},"tid":0,"name":{},"ts":{},"args":{{"value":{:.6g}}}}})", pid,
                   json_text(name), microseconds(at), value);
}

void ChromeTrace::flow(std::string_view name, std::string_view category, const Place& start,
                       const Place& end) {
    ++flows_;
    const auto event = [&](const char* phase, const Place& place, const char* binding) {
        begin_event();
        fmt::format_to(std::back_inserter(body_),
                       R"({{"ph":"{}","pid":{},"tid":{},"id":{},"name":{},"cat":{},"ts":{}{}}})", phase,
                       place.pid, place.tid, flows_, json_text(name), json_text(category),
                       microseconds(place.at), binding);
    };
    event("s", start, "");
    event("f", end, R"(,"bp":"e")");
}

void ChromeTrace::note(std::string_view key, std::string_view value) {
    fmt::format_to(std::back_inserter(notes_), "{}{}:{}", notes_.empty() ? "" : ",", json_text(key),
                   json_text(value));
}

std::string ChromeTrace::json() const {
    return fmt::format(R"({{"displayTimeUnit":"ns","otherData":{{{}}},"traceEvents":[{}
]}}
)",
                       notes_, body_);
}

}  // namespace satsim
