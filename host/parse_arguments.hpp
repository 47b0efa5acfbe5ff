// What satsim and satsim-card do alike with a command line that does not lead to work.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>

namespace satsim::host {

inline constexpr int kBadInput = 2;

// The exit code where parsing was all: help, version, or bad usage (one line on stderr); nullopt: go on.
inline std::optional<int> parse_arguments(CLI::App& program, int argc, char** argv) {
    try {
        program.parse(argc, argv);
    } catch (const CLI::CallForHelp& help) {
        return program.exit(help);
    } catch (const CLI::CallForVersion& version) {
        return program.exit(version);
    } catch (const CLI::ParseError& error) {
        fmt::print(stderr, "{}: {}\n", program.get_name(), error.what());
        return kBadInput;
    }
    return std::nullopt;
}

}  // namespace satsim::host
