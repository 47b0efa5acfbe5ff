#include "runtime/trace/trace_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "runtime/gzip/gzip.hpp"
#include "runtime/support/json_cursor.hpp"

namespace satsim {
namespace {

using Track = std::pair<std::int64_t, std::int64_t>;  // pid, tid

constexpr double kForever = 1e15;
constexpr std::int64_t kMaxId = 1 << 30;

struct Slice {
    std::int64_t start = 0;  // ns
    std::int64_t end = 0;
    std::string name;
};

class Checker {
  public:
    void event(const JsonCursor& at) {
        ++summary.events;
        if (!at.node().is_object()) at.fail("is no event, expected an object");
        const std::string phase = field(at, "ph").text();
        const Track track{field(at, "pid").integer(0, kMaxId), field(at, "tid").integer(0, kMaxId)};
        const std::string name = field(at, "name").text();
        if (phase == "M") {
            if (name == "thread_name") named_.insert(track);
        } else if (phase == "X") {
            const double start = field(at, "ts").number(0, kForever);
            const double end = start + field(at, "dur").number(0, kForever);
            slices_[track].push_back({std::llround(start * 1e3), std::llround(end * 1e3), name});
            ++summary.slices;
            summary.end_us = std::max(summary.end_us, end);
        } else if (phase == "C") {
            (void)field(at, "ts").number(0, kForever);
            ++summary.counters;
        } else if (phase == "s" || phase == "f") {
            flow(at, phase == "s");
        } else {
            at.at("ph").fail("is \"" + phase + "\", expected X, C, M, s or f");
        }
    }

    void finish() {
        for (const auto& [id, start] : open_flows_)
            summary.broken.push_back(fmt::format("flow {} begins at {} us and does not end", id, start));
        summary.tracks = slices_.size();
        for (auto& [track, slices] : slices_) {
            if (!named_.contains(track))
                summary.broken.push_back(
                    fmt::format("pid {} tid {} has slices but no name", track.first, track.second));
            check_nesting(track, slices);
        }
    }

    TraceSummary summary;

  private:
    static JsonCursor field(const JsonCursor& at, std::string_view key) {
        if (!at.has(key)) at.fail("lacks the field \"" + std::string(key) + "\"");
        return at.at(key);
    }

    // A flow begins once and ends once, not before it began.
    void flow(const JsonCursor& at, bool begins) {
        const std::int64_t id = field(at, "id").integer(0, kMaxId);
        const double time = field(at, "ts").number(0, kForever);
        if (begins) {
            if (!open_flows_.emplace(id, time).second) at.at("id").fail("begins a flow that is open");
            return;
        }
        const auto start = open_flows_.find(id);
        if (start == open_flows_.end()) at.at("id").fail("ends a flow that did not begin");
        if (time < start->second)
            summary.broken.push_back(fmt::format("flow {} ends at {} us, before it begins", id, time));
        open_flows_.erase(start);
        ++summary.flows;
    }

    void check_nesting(const Track& track, std::vector<Slice>& slices) {
        std::stable_sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) {
            return a.start != b.start ? a.start < b.start : a.end > b.end;
        });
        std::vector<const Slice*> open;
        for (const Slice& slice : slices) {
            while (!open.empty() && open.back()->end <= slice.start) open.pop_back();
            if (!open.empty() && slice.end > open.back()->end) {
                summary.broken.push_back(
                    fmt::format("pid {} tid {}: \"{}\" at {} ns overlaps \"{}\" without nesting", track.first,
                                track.second, slice.name, slice.start, open.back()->name));
                return;  // one fault a track is enough to act on
            }
            open.push_back(&slice);
        }
    }

    std::map<Track, std::vector<Slice>> slices_;
    std::set<Track> named_;
    std::map<std::int64_t, double> open_flows_;
};

TraceSummary check_document(const nlohmann::json& document, const std::string& name) {
    const JsonCursor root(document, name);
    if (!document.is_object() || !root.has("traceEvents"))
        root.fail("lacks the field \"traceEvents\": no trace");
    const JsonCursor events = root.at("traceEvents");
    Checker checker;
    for (std::size_t i = 0; i < events.size(); ++i) checker.event(events.at(i));
    checker.finish();
    return checker.summary;
}

}  // namespace

TraceSummary check_trace(std::string_view text, const std::string& name) {
    return check_document(parse_json_text(text, name), name);
}

TraceSummary check_trace_file(const std::filesystem::path& path) {
    const std::string text{std::istreambuf_iterator<char>(*open_text(path)), {}};
    return check_document(parse_json_text(text, path.string()), path.string());
}

}  // namespace satsim
