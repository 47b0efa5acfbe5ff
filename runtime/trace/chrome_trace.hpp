// Writes Chrome-trace JSON, the form that Perfetto opens: complete slices (X), counters (C), names (M), flows
// (s, f).
//
// Times are whole nanoseconds from 0, so that slices which touch in time touch in the file. Slices of one
// track must follow each other or nest; the callers see to that and `trace_check` verifies it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace satsim {

using Nanoseconds = std::int64_t;

class ChromeTrace {
  public:
    using Arguments = std::vector<std::pair<std::string, std::string>>;  // shown as text

    void process(int pid, std::string_view name, int order);
    void track(int pid, int tid, std::string_view name, int order);
    void slice(int pid, int tid, std::string_view name, std::string_view category, Nanoseconds start,
               Nanoseconds end, const Arguments& arguments = {});
    // `name` carries the unit: "DRAM read [GB/s]".
    void counter(int pid, std::string_view name, Nanoseconds at, double value);
    // An arrow from the slice that is open on one track at `start` to the one that begins on another at
    // `end`.
    struct Place {
        int pid = 0;
        int tid = 0;
        Nanoseconds at = 0;
    };
    void flow(std::string_view name, std::string_view category, const Place& start, const Place& end);
    // Free text in the file's "otherData".
    void note(std::string_view key, std::string_view value);

    [[nodiscard]] std::size_t events() const { return events_; }
    [[nodiscard]] std::string json() const;

  private:
    void begin_event();

    std::string body_;
    std::string notes_;
    std::size_t events_ = 0;
    std::int64_t flows_ = 0;
};

}  // namespace satsim
