#include "host/shell/command_tree.hpp"

#include "host/split.hpp"

namespace satsim::host {
namespace {

OptionInfo describe(const CLI::Option& option) {
    OptionInfo info;
    for (const std::string& name : option.get_lnames()) info.names.push_back("--" + name);
    for (const std::string& name : option.get_snames()) info.names.push_back("-" + name);
    if (info.names.empty()) info.names.push_back(option.get_name());
    info.takes_value = option.get_items_expected_max() > 0;
    info.default_value = option.get_default_str();
    info.text = option.get_description();
    // CLI11 shows the members of an IsMember as "TEXT:{a,b}".
    const std::string type = option.get_type_name();
    const std::size_t open = type.find('{');
    const std::size_t close = type.find('}');
    if (open != std::string::npos && close != std::string::npos)
        info.choices = split(type.substr(open + 1, close - open - 1), ',');
    return info;
}

}  // namespace

CommandInfo describe(const CLI::App& app) {
    CommandInfo info;
    info.name = app.get_name();
    info.text = app.get_description();
    info.footer = split(app.get_footer(), '\n');
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_group().empty()) continue;  // hidden
        (option->get_positional() ? info.positionals : info.options).push_back(describe(*option));
    }
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
        info.commands.push_back(describe(*command));
    return info;
}

}  // namespace satsim::host
