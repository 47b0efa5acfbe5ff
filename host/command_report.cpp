// satsim report: the page of a report document, which --report FILE.json of other commands (or another
// program) wrote.
#include <fstream>
#include <memory>

#include "host/commands.hpp"
#include "host/file_types.hpp"
#include "host/options.hpp"
#include "runtime/report/document.hpp"
#include "runtime/report/page.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"

namespace satsim::host {
namespace {

struct Arguments {
    Options options;
    std::string document;
};

int report_command(const Arguments& arguments) {
    if (!arguments.options.output.ends_with(".html"))
        throw InputError("--output " + arguments.options.output, "",
                         "expected a name that ends in .html: what is written is a page");
    report::require_page("report");
    const nlohmann::json document = parse_json_file(arguments.document);
    report::check_document(document, arguments.document);
    // In the order of the file, so that a page is the same whichever way it is made.
    std::ifstream file(arguments.document);
    deliver(arguments.options, report::render_page(nlohmann::ordered_json::parse(file)));
    return 0;
}

}  // namespace

void add_report(CLI::App& program, Action& action) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command =
        program.add_subcommand("report", "the HTML page of a report document (docs/formats/report.md)");
    command->footer(
        "Example: satsim compare resnet18 --report step.json && satsim report step.json -o step.html");
    command->add_option("document", arguments->document, "a file that --report FILE.json wrote")
        ->type_name(file_type::kFile)
        ->required();
    add_output(*command, arguments->options.output)->required();
    command->callback([arguments, &action] { action = [arguments] { return report_command(*arguments); }; });
}

}  // namespace satsim::host
