// What the page relies on in a comparison of targets.
#pragma once

#include "runtime/support/json_cursor.hpp"

namespace satsim::report {

// `data`: the --json object of `satsim compare --target` (docs/formats/compare.md). Throws InputError.
void check_targets(const JsonCursor& data);

}  // namespace satsim::report
