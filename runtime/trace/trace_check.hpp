// The rules that a trace file must obey to be read without loss; docs/formats/trace.md.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace satsim {

struct TraceSummary {
    std::size_t events = 0;
    std::size_t slices = 0;
    std::size_t counters = 0;
    std::size_t flows = 0;
    std::size_t tracks = 0;
    double end_us = 0;
    // Rules that the file breaks: slices of a track that overlap without nesting, slices on tracks without a
    // name.
    std::vector<std::string> broken;
};

// Throws InputError (naming `name` and the JSON pointer) for text that is no trace: malformed or truncated
// JSON, events without the fields of their kind, negative times.
[[nodiscard]] TraceSummary check_trace(std::string_view text, const std::string& name);
[[nodiscard]] TraceSummary check_trace_file(const std::filesystem::path& path);

}  // namespace satsim
