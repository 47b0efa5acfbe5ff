// Reads the events of a Chrome trace one at a time: what is kept of a file is what the caller keeps.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <nlohmann/json.hpp>
#include <string>

namespace satsim::trace_import {

// What a file says of itself besides its events.
struct TraceHeader {
    bool schema_version = false;  // Kineto writes one
    std::string device;           // name of the first of Kineto's deviceProperties, or ""
};

// `index`: of the event in the file, for messages.
using EventVisitor = std::function<void(const nlohmann::json& event, std::size_t index)>;

// Visits every element of `traceEvents` (or of the array that the file is). Throws InputError naming `name`
// for malformed or truncated JSON (an array may lack its end or have a comma before it), for a document
// without events and for an element that is no object.
TraceHeader read_events(std::istream& in, const std::string& name, const EventVisitor& visit);

}  // namespace satsim::trace_import
