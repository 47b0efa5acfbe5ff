// The manual page, section 1, from the same texts as --help.
#pragma once

#include <string>

#include "host/shell/command_tree.hpp"

namespace satsim::host {

// In the roff language of man(7).
[[nodiscard]] std::string manual_page(const CommandInfo& program, const std::string& version);

}  // namespace satsim::host
