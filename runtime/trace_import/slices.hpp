// Events as the importer keeps them, checked.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace satsim::trace_import {

using Track = std::pair<std::string, std::string>;  // pid, tid: numbers or words

// Words for how a task's time came to be, strongest first.
inline constexpr std::array<std::string_view, 4> kProvenances{"measured", "recorded", "simulated",
                                                              "modelled"};

struct Slice {
    Track track;
    std::string name;
    std::string category;  // lower case
    double start_us = 0;
    double duration_us = 0;
    // Of args, where they are there; -1 or "" where not.
    std::int64_t correlation = -1;
    std::int64_t external_id = -1;
    std::int64_t sequence = -1;
    std::int64_t stream = -1;
    std::int64_t device = -1;
    std::string layer;
    std::string stage;
    std::string provenance;

    [[nodiscard]] double end_us() const { return start_us + duration_us; }
    // Of satsim's own kind.
    [[nodiscard]] bool is_task() const { return !layer.empty() && !stage.empty(); }
};

// Turns events into slices: X as they are, B and E in pairs; names of processes and tracks beside. Other
// phases (flows, counters, instants) carry no time of their own.
class SliceCollector {
  public:
    explicit SliceCollector(std::string file) : file_(std::move(file)) {}

    // Throws InputError naming file and event: fields of their kind missing or of another type, negative
    // durations, an E without its B, a task of satsim's whose provenance is none of its words.
    void add(const nlohmann::json& event, std::size_t index);
    // A recording that stopped leaves slices open: they end at the last time of the file. Sorts by start,
    // longer ones first.
    void finish();

    std::vector<Slice> slices;
    std::map<std::string, std::string> process_names;  // by pid
    std::map<Track, std::string> track_names;
    // After finish().
    std::size_t unended = 0;   // B without E
    double resolution_us = 0;  // how far two times of the file may be off

  private:
    void add_metadata(const nlohmann::json& event, const Track& track, const std::string& name);

    void saw(double us);

    std::string file_;
    bool whole_ = true;  // every time is a whole microsecond
    double last_us_ = -std::numeric_limits<double>::infinity();
    double largest_us_ = 0;
    std::map<Track, std::vector<std::size_t>> open_;  // B so far without E: indices into `slices`
};

}  // namespace satsim::trace_import
