#include "runtime/trace_import/slices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"

namespace satsim::trace_import {
namespace {

using nlohmann::json;

constexpr double kForever = 1e18;  // us; Kineto counts from 1970
constexpr double kStillOpen = -1;

// Kineto has numbers and words for processes and threads.
std::string id_of(const JsonCursor& at, const char* key) {
    if (!at.has(key)) return "";
    const json& id = at.at(key).node();
    if (id.is_string()) return id.get<std::string>();
    if (!id.is_number_integer()) at.at(key).fail("is neither a whole number nor a word");
    return id.dump();
}

std::string word(const JsonCursor& at, const char* key) {
    return at.has(key) && at.at(key).node().is_string() ? at.at(key).node().get<std::string>() : "";
}

std::int64_t number(const json& args, const char* key) {
    const auto found = args.find(key);
    return found != args.end() && found->is_number_integer() ? found->get<std::int64_t>() : -1;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

void read_arguments(const JsonCursor& at, Slice& slice) {
    if (!at.has("args")) return;
    const JsonCursor args = at.at("args");
    if (!args.node().is_object()) args.fail("is no object");
    slice.correlation = number(args.node(), "correlation");
    slice.external_id = number(args.node(), "External id");
    slice.sequence = number(args.node(), "Sequence number");
    slice.stream = number(args.node(), "stream");
    slice.device = number(args.node(), "device");
    slice.layer = word(args, "layer");
    slice.stage = word(args, "stage");
    slice.provenance = word(args, "provenance");
    if (!slice.is_task()) return;
    // Others may give their slices a layer and a stage: they are recordings.
    if (slice.provenance.empty()) slice.provenance = "recorded";
    if (std::find(kProvenances.begin(), kProvenances.end(), slice.provenance) == kProvenances.end())
        args.at("provenance")
            .fail("is " + shown(slice.provenance) + ", expected measured, recorded, simulated or modelled");
}

}  // namespace

void SliceCollector::add_metadata(const json& event, const Track& track, const std::string& name) {
    const auto args = event.find("args");
    if (args == event.end() || !args->is_object()) return;
    const auto text = args->find("name");
    if (text == args->end() || !text->is_string()) return;
    if (name == "process_name") process_names[track.first] = text->get<std::string>();
    if (name == "thread_name") track_names[track] = text->get<std::string>();
}

void SliceCollector::saw(double us) {
    last_us_ = std::max(last_us_, us);
    largest_us_ = std::max(largest_us_, std::abs(us));
    whole_ = whole_ && us == std::floor(us);
}

void SliceCollector::add(const json& event, std::size_t index) {
    const JsonCursor at(event, file_, fmt::format("/traceEvents/{}", index));
    const std::string phase = at.at("ph").text();
    if (phase != "X" && phase != "B" && phase != "E" && phase != "M") return;
    const Track track{id_of(at, "pid"), id_of(at, "tid")};
    if (phase == "M") {
        add_metadata(event, track, word(at, "name"));
        return;
    }
    const double time = at.at("ts").number(-kForever, kForever);
    saw(time);
    if (phase == "E") {
        std::vector<std::size_t>& open = open_[track];
        if (open.empty()) at.fail("ends a slice of its track that never began");
        Slice& slice = slices[open.back()];
        if (time < slice.start_us) at.at("ts").fail("is before its slice began");
        slice.duration_us = time - slice.start_us;
        open.pop_back();
        return;
    }
    Slice slice;
    slice.track = track;
    slice.name = at.at("name").text();
    slice.category = lower(word(at, "cat"));
    slice.start_us = time;
    slice.duration_us = phase == "X" ? at.at("dur").number(0, kForever) : kStillOpen;
    if (phase == "X") saw(slice.end_us());
    read_arguments(at, slice);
    if (phase == "B") open_[track].push_back(slices.size());
    slices.push_back(std::move(slice));
}

void SliceCollector::finish() {
    for (const auto& [track, open] : open_) {
        for (const std::size_t i : open) slices[i].duration_us = last_us_ - slices[i].start_us;
        unended += open.size();
    }
    // A start and a duration cut down to microseconds make an end that is one too early. Where times are
    // finer, nanoseconds are what tools print; times since 1970 do not even have these in a double.
    const double unit = std::nextafter(largest_us_, 2 * kForever) - largest_us_;
    resolution_us = std::max(whole_ ? 1.0 : 1e-3, 2 * unit);
    std::stable_sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) {
        return a.start_us != b.start_us ? a.start_us < b.start_us : a.duration_us > b.duration_us;
    });
}

}  // namespace satsim::trace_import
