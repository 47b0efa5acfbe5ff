// Options that would be ignored are refused.
#pragma once

#include <CLI/CLI.hpp>
#include <initializer_list>
#include <string>

#include "runtime/support/error.hpp"

namespace satsim::host {

// Throws InputError where `chosen` was given and one of `others` too, which say nothing beside it.
inline void refuse_beside(const CLI::App& command, const std::string& chosen,
                          std::initializer_list<const char*> others) {
    if (command.count(chosen) == 0) return;
    for (const char* other : others) {
        if (command.count(other) > 0)
            throw InputError(other, "", "says nothing beside " + chosen + ", expected one of them");
    }
}

// Throws InputError where one of `others` was given without `needed`, which they are about.
inline void refuse_without(const CLI::App& command, const std::string& needed,
                           std::initializer_list<const char*> others) {
    if (command.count(needed) > 0) return;
    for (const char* other : others) {
        if (command.count(other) > 0)
            throw InputError(other, "", "says nothing without " + needed + ", expected both or neither");
    }
}

}  // namespace satsim::host
