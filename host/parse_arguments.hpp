// What satsim and satsim-card do alike with a command line that does not lead to work.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "runtime/support/error.hpp"

namespace satsim::host {

inline constexpr int kBadInput = 2;

// Of the deepest command that was named: a word in the place of one of its subcommands; empty if none.
inline std::string unknown_command(const CLI::App& program) {
    const CLI::App* command = &program;
    while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
    const std::vector<std::string> rest = command->remaining();
    return command->get_require_subcommand_min() > 0 && !rest.empty() ? rest.front() : "";
}

// The exit code where parsing was all: help, version, or bad usage (one line on stderr); nullopt: go on.
inline std::optional<int> parse_arguments(CLI::App& program, int argc, char** argv) {
    try {
        program.parse(argc, argv);
    } catch (const CLI::CallForHelp& help) {
        return program.exit(help);
    } catch (const CLI::CallForVersion& version) {
        return program.exit(version);
    } catch (const CLI::ParseError& error) {
        const std::string unknown = unknown_command(program);
        if (unknown.empty())
            fmt::print(stderr, "{}: {}\n", program.get_name(), one_line(error.what()));
        else
            fmt::print(stderr, "{}: {} is no command here, expected one of those that --help lists\n",
                       program.get_name(), one_line(unknown));
        return kBadInput;
    }
    return std::nullopt;
}

}  // namespace satsim::host
