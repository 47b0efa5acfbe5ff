// The command line as plain data, read from CLI11: what completions and the manual page are written from.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace satsim::host {

struct OptionInfo {
    std::vector<std::string> names;  // "--output", "-o"; of a positional its name alone
    bool takes_value = false;
    std::vector<std::string> choices;  // the only values allowed, or empty
    std::string default_value;
    std::string text;
};

struct CommandInfo {
    std::string name;
    std::string text;
    std::vector<std::string> footer;  // lines
    std::vector<OptionInfo> options;
    std::vector<OptionInfo> positionals;
    std::vector<CommandInfo> commands;
};

[[nodiscard]] CommandInfo describe(const CLI::App& app);

}  // namespace satsim::host
