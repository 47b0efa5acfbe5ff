// Programs that satsim starts: found on the search path, run without a shell.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace satsim::synth {

[[nodiscard]] std::optional<std::filesystem::path> find_program(const std::string& name);

// Runs `command` and waits. Its output and errors go to `log`. Returns its exit status, 128 + signal when a
// signal ended it. Throws InputError when it cannot be started.
int run_program(const std::vector<std::string>& command, const std::filesystem::path& log);

// What it prints, without the newline at the end; nothing when it fails.
[[nodiscard]] std::optional<std::string> output_of(const std::vector<std::string>& command,
                                                   const std::filesystem::path& log);

}  // namespace satsim::synth
