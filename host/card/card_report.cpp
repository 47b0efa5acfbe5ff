#include "host/card/card_report.hpp"

#include <fmt/format.h>

#include "host/table.hpp"
#include "runtime/isa/program_fields.hpp"

namespace satsim::card {
namespace {

std::string_view error_name(registers::Error error) {
    for (const registers::ErrorText& entry : registers::kErrors) {
        if (entry.error == error) return entry.name;
    }
    return "unknown";
}

std::string verdict(const RunReport& report) {
    if (report.outcome.timed_out)
        return fmt::format("timed out after {:.3f} s and was stopped: {}\n", report.outcome.seconds,
                           describe(report.outcome.status));
    if (!report.outcome.ok()) return fmt::format("ended with {}\n", describe(report.outcome.status));
    std::string text;
    if (report.different_bytes != 0)
        text += fmt::format("memory differs from the functional model in {} bytes, first at {:#x}\n",
                            host::grouped(report.different_bytes), report.first_difference);
    else if (report.compared)
        text += "memory is that of the functional model\n";
    if (report.outcome.status.nonfinite) text += "a result is infinite or NaN\n";
    if (report.nonfinite_differs())
        text +=
            fmt::format("the functional model has {} such result\n", report.nonfinite_expected ? "a" : "no");
    if (!report.check_fault.empty()) text += fmt::format("result is wrong: {}\n", report.check_fault);
    return text.empty() ? "ended without error; result not compared\n" : text;
}

}  // namespace

std::string report_text(const RunReport& report) {
    host::Table table({"<counter", "value", "of all cycles"});
    const auto cycles = static_cast<double>(report.outcome.counters.front());
    for (std::size_t i = 0; i < registers::kCounters.size(); ++i) {
        const std::string_view name = registers::kCounters[i].name;
        const std::uint64_t value = report.outcome.counters[i];
        const bool of_cycles = name.starts_with("BUSY") || name.starts_with("MAC") || name == "READ_WAIT" ||
                               name == "WRITE_STALL";
        table.row({std::string(name), host::grouped(static_cast<std::int64_t>(value)),
                   of_cycles && cycles > 0
                       ? fmt::format("{:.1f} %", 100 * static_cast<double>(value) / cycles)
                       : ""});
    }
    return fmt::format("{} on {}, {}x{}, {} channels, {} lines of memory\n\n{}\n{}", report.program,
                       report.card, report.array.rows, report.array.columns, report.array.channels,
                       host::grouped(report.memory_lines), table.text(), verdict(report));
}

nlohmann::ordered_json report_json(const RunReport& report) {
    const Status& status = report.outcome.status;
    nlohmann::ordered_json counters;
    for (std::size_t i = 0; i < registers::kCounters.size(); ++i)
        counters[std::string(registers::kCounters[i].name)] = report.outcome.counters[i];
    return {{"card", report.card},
            {"program", report.program},
            {"array", array_json(report.array)},
            {"memory_lines", report.memory_lines},
            {"ok", report.ok()},
            {"timed_out", report.outcome.timed_out},
            {"nonfinite", status.nonfinite},
            {"seconds", report.outcome.seconds},
            {"error",
             {{"code", static_cast<int>(status.error)},
              {"name", error_name(status.error)},
              {"engine", status.engine},
              {"instruction", status.instruction},
              {"address", status.address},
              {"channels", status.channels},
              {"unanswered", status.unanswered},
              {"text", describe(status)}}},
            {"compared", report.compared},
            {"different_bytes", report.different_bytes},
            {"first_difference", report.first_difference},
            {"check_fault", report.check_fault},
            {"counters", counters}};
}

std::string array_text(const std::string& card, const isa::ArrayConfig& array) {
    host::Table table({"<size", "value"});
    for (const auto& [name, value] : isa::config_fields(array))
        table.row({std::string(name), std::to_string(*value)});
    return card + "\n\n" + table.text();
}

nlohmann::ordered_json array_json(const isa::ArrayConfig& array) {
    nlohmann::ordered_json object;
    for (const auto& [name, value] : isa::config_fields(array)) object[std::string(name)] = *value;
    return object;
}

}  // namespace satsim::card
