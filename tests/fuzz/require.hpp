// A property that every input must hold; one that does not ends the process, which a fuzzer reports.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace satsim::fuzz {

inline void require(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "broken: %s\n", property);
    std::abort();
}

}  // namespace satsim::fuzz
