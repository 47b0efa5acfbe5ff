// Completion scripts of the whole command line.
#pragma once

#include <string>

#include "host/shell/command_tree.hpp"

namespace satsim::host {

[[nodiscard]] std::string bash_completion(const CommandInfo& program);
[[nodiscard]] std::string zsh_completion(const CommandInfo& program);
[[nodiscard]] std::string fish_completion(const CommandInfo& program);

}  // namespace satsim::host
