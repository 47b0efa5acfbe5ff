// satsim doctor: which optional parts this machine and this build have, and what the missing ones cost.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "build_facts.hpp"
#include "host/commands.hpp"
#include "host/doctor/parts.hpp"
#include "host/options.hpp"
#include "host/table.hpp"

namespace satsim::host {
namespace {

nlohmann::ordered_json json_of(const std::vector<Part>& parts) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Part& part : parts) {
        list.push_back(
            {{"name", part.name},
             {"found", part.state.found},
             {"version", part.state.version},
             {"where", part.state.where},
             {"in_build", part.in_build ? nlohmann::ordered_json(*part.in_build) : nlohmann::ordered_json()},
             {"without", part.without},
             {"package", part.package}});
    }
    return {{"version", SATSIM_VERSION},
            {"compiler", kBuildCompiler},
            {"build_type", kBuildType},
            {"parts", list}};
}

Table table_of(const std::vector<Part>& parts) {
    Table table({"<part", "<found", "<version", "<in this build", "<where, or what it costs to be without",
                 "<Debian package"});
    for (const Part& part : parts) {
        table.row({part.name, part.state.found ? "yes" : "no", part.state.version,
                   part.in_build ? (*part.in_build ? "yes" : "no") : "-",
                   part.state.found ? part.state.where : part.without, part.package});
    }
    return table;
}

int run(const Options& options) {
    const std::vector<Part> parts = examine();
    std::string text;
    if (options.json) {
        text = json_of(parts).dump(1) + "\n";
    } else if (options.csv) {
        text = table_of(parts).csv();
    } else {
        text = fmt::format("satsim {}, {}, {}\n\n{}", SATSIM_VERSION, kBuildCompiler, kBuildType,
                           table_of(parts).text());
        for (const Part& part : parts) {
            if (part.state.found && part.in_build == false)
                text += fmt::format("{} is here, but this build does not use it: configure and build again\n",
                                    part.name);
        }
    }
    deliver(options, text);
    return 0;
}

}  // namespace

void add_doctor(CLI::App& program, Action& action) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        program.add_subcommand("doctor", "optional parts: which are there, what the others cost");
    command->footer("Example: satsim doctor --json");
    CLI::Option* as_json = command->add_flag("--json", options->json, "one JSON object, docs/install.md");
    command->add_flag("--csv", options->csv, "comma-separated values")->excludes(as_json);
    add_output(*command, options->output);
    command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace satsim::host
