// A report document: what `satsim run`, `compare`, `reproduce` or `sweep` found, with where it came from.
// docs/formats/report.md is the contract; the page (page.hpp) shows nothing that is not in the document.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "runtime/dispatch/step_result.hpp"
#include "runtime/hardware/hardware.hpp"

namespace satsim::report {

// Where a document comes from.
struct Origin {
    std::string command;   // as it was typed
    std::string version;   // of satsim
    std::string git;       // commit that satsim was built from
    std::string written;   // UTC, ISO 8601
    std::string fidelity;  // "cycle", "fast"
};

// `kind`: "run", "compare", "targets", "reproduce", "sweep". `data`: the command's --json object. `hardware`:
// the machine that SAT's figures are of; null in a comparison of targets without SAT.
[[nodiscard]] nlohmann::ordered_json make_document(const std::string& kind, const std::string& title,
                                                   const Origin& origin, const Hardware* hardware,
                                                   nlohmann::ordered_json data);

// One step behind the figures of a document of kind "reproduce" or "sweep", for its list `steps`. `kind`:
// "run", "compare"; `hardware`, `data` and timeline as in a document of that kind.
[[nodiscard]] nlohmann::ordered_json step_json(const std::string& kind, const std::string& title,
                                               const Hardware& hardware, nlohmann::ordered_json data,
                                               std::span<const StepResult> results);

// Throws InputError naming `name`, the JSON pointer and what was expected, for a document that the page could
// not show: a missing field, a wrong type, another version. Further fields are allowed.
void check_document(const nlohmann::json& document, const std::string& name);

struct TimelineOptions {
    std::size_t tasks = 16;      // the longest tasks on SAT of each result are shown engine by engine
    std::size_t intervals = 48;  // at most so many busy intervals an engine and task
};

// When each task ran, and for the longest ones when each engine was busy.
[[nodiscard]] nlohmann::ordered_json timeline_json(std::span<const StepResult> results,
                                                   const TimelineOptions& options);

}  // namespace satsim::report
