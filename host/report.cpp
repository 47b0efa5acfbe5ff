#include "host/report.hpp"

#include "host/file_types.hpp"
#include "host/origin.hpp"
#include "runtime/report/document.hpp"
#include "runtime/report/page.hpp"
#include "runtime/support/atomic_file.hpp"
#include "runtime/support/error.hpp"

namespace satsim::host {
namespace {

bool is_document(const std::string& file) {
    return file.ends_with(".json");
}

void write_document(const std::string& file, const nlohmann::ordered_json& document) {
    write_file_atomically(file, is_document(file) ? document.dump() + "\n" : report::render_page(document));
}

}  // namespace

CLI::Option* add_report_option(CLI::App& command, std::string& file) {
    return command
        .add_option("--report", file,
                    "write a self-contained HTML page to this file (its data alone, if the name "
                    "ends in .json)")
        ->type_name(file_type::kOutput);
}

void require_report(const std::string& file) {
    if (!file.empty() && !is_document(file) && !file.ends_with(".html"))
        throw InputError("--report " + file, "",
                         "expected a name that ends in .html (page) or .json (its data)");
    if (!file.empty() && !is_document(file)) report::require_page("--report " + file);
}

void write_report(const std::string& file, const std::string& kind, const std::string& title,
                  const Options& options, const Hardware& hardware, nlohmann::ordered_json data,
                  std::span<const StepResult> results) {
    if (file.empty()) return;
    nlohmann::ordered_json document =
        report::make_document(kind, title, origin(options.fidelity), &hardware, std::move(data));
    if (!results.empty()) document["timeline"] = report::timeline_json(results, {});
    write_document(file, document);
}

void write_steps_report(const std::string& file, const std::string& kind, const std::string& title,
                        const Options& options, const Hardware& hardware, nlohmann::ordered_json data,
                        nlohmann::ordered_json steps) {
    if (file.empty()) return;
    nlohmann::ordered_json document =
        report::make_document(kind, title, origin(options.fidelity), &hardware, std::move(data));
    document["steps"] = std::move(steps);
    write_document(file, document);
}

void write_targets_report(const std::string& file, const std::string& title, const Options& options,
                          const Hardware* sat, nlohmann::ordered_json data) {
    if (file.empty()) return;
    write_document(file,
                   report::make_document("targets", title, origin(options.fidelity), sat, std::move(data)));
}

}  // namespace satsim::host
