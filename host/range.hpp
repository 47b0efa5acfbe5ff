// A check of an option whose value has bounds; in help "INT:from 1 to 256".
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace satsim::host {

template <typename T>
[[nodiscard]] CLI::Range range(T low, T high) {
    return {low, high, fmt::format("from {} to {}", low, high)};
}

}  // namespace satsim::host
