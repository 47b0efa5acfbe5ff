#include "runtime/report/document.hpp"

#include "runtime/isa/program.hpp"

namespace satsim::report {
namespace {

using nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr int kLaneBytes = 4;  // VEC has a lane for every FP32 value of a line (vector.md)

ordered_json figure_json(const char* what, const Figure& figure) {
    return {{"what", what},
            {"value", figure.value},
            {"unit", figure.unit},
            {"source", figure.source},
            {"verified", figure.verified}};
}

// What the roofs of a roofline need, and what a reader must know of the machine.
ordered_json machine_json(const Hardware& hardware) {
    const int line_bytes = hardware.array.line_bytes();
    ordered_json assumptions = ordered_json::array();
    assumptions.push_back(figure_json("memory capacity, one channel", hardware.memory_capacity));
    assumptions.push_back(figure_json("PCIe bandwidth", hardware.host.pcie_bandwidth));
    assumptions.push_back(figure_json("PCIe latency", hardware.host.pcie_latency));
    assumptions.push_back(figure_json("host memory bandwidth", hardware.host.memory_bandwidth));
    assumptions.push_back(figure_json("host arithmetic rate", hardware.host.arithmetic_rate));
    return {{"name", hardware.name},
            {"description", hardware.description},
            {"file", hardware.file},
            {"clock_hz", hardware.clock_hz},
            {"rows", hardware.array.rows},
            {"columns", hardware.array.columns},
            {"memory", to_string(hardware.memory_kind)},
            {"channels", hardware.array.channels},
            {"peak_macs_per_cycle", hardware.peak_macs()},
            {"bus_bytes_per_cycle", line_bytes},
            {"vector_lanes", line_bytes / kLaneBytes},
            {"assumptions", std::move(assumptions)}};
}

}  // namespace

ordered_json make_document(const std::string& kind, const std::string& title, const Origin& origin,
                           const Hardware* hardware, ordered_json data) {
    ordered_json document = {{"format", "satsim-report"},
                             {"version", kVersion},
                             {"kind", kind},
                             {"title", title},
                             {"origin",
                              {{"command", origin.command},
                               {"satsim", origin.version},
                               {"git", origin.git},
                               {"written", origin.written},
                               {"fidelity", origin.fidelity}}}};
    if (hardware != nullptr) document["machine"] = machine_json(*hardware);
    document["data"] = std::move(data);
    return document;
}

ordered_json step_json(const std::string& kind, const std::string& title, const Hardware& hardware,
                       ordered_json data, std::span<const StepResult> results) {
    constexpr std::size_t kExcerpts = 4;  // a document has several steps
    return {{"kind", kind},
            {"title", title},
            {"machine", machine_json(hardware)},
            {"data", std::move(data)},
            {"timeline", timeline_json(results, {.tasks = kExcerpts})}};
}

}  // namespace satsim::report
