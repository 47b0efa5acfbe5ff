// satsim trace import | diff: what trace files say about where the time went.
#pragma once

#include "host/commands.hpp"

namespace satsim::host {

// Adds both to the command `trace`.
void add_trace_profiles(CLI::App& trace, Action& action);

}  // namespace satsim::host
