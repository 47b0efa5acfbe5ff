// Where a result comes from: the command line, the version and commit of this program, the time.
#pragma once

#include <string>

#include "runtime/report/document.hpp"

namespace satsim::host {

// The command line of this process, quoted so that a shell reads it the same way again.
[[nodiscard]] std::string command_line();

// The commit of this program, and whether files were changed after it.
[[nodiscard]] std::string git_state();

// `fidelity` as in Options. The time is SOURCE_DATE_EPOCH's where that is set, for reports that are the same
// byte for byte.
[[nodiscard]] report::Origin origin(const std::string& fidelity);

}  // namespace satsim::host
