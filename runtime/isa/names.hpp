// The names that isa/sat_isa.json gives to each engine's parameter registers and flags.
#pragma once

#include <span>
#include <string_view>

#include "sat_isa.hpp"

namespace satsim::isa {

[[nodiscard]] constexpr std::string_view name_of(Engine engine) {
    return kEngineNames[static_cast<std::size_t>(engine)];
}

// Element i names register i; the registers above have no name.
[[nodiscard]] constexpr std::span<const std::string_view> register_names(Engine engine) {
    switch (engine) {
        case Engine::Load:
            return load::kRegisterNames;
        case Engine::Stce:
            return stce::kRegisterNames;
        case Engine::Vec:
            return vec::kRegisterNames;
        case Engine::Store:
            return store::kRegisterNames;
    }
    return {};
}

// Element i names bit i of RUN's flags.
[[nodiscard]] constexpr std::span<const std::string_view> flag_names(Engine engine) {
    switch (engine) {
        case Engine::Load:
            return load::kFlagNames;
        case Engine::Stce:
            return stce::kFlagNames;
        case Engine::Vec:
            return vec::kFlagNames;
        case Engine::Store:
            return store::kFlagNames;
    }
    return {};
}

}  // namespace satsim::isa
