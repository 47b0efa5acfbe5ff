// The heads that a rotary layer turns, which the layer itself does not say.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/workload/network.hpp"

namespace satsim::execute {

// Channels of a head of layer `rope`: that of the queries or keys of the attention that reads the channels
// that turn, through any layers that keep them in order. None where nothing reads them so, where two readers
// disagree or where heads do not begin at a whole head of the layer.
[[nodiscard]] std::optional<std::int64_t> rotary_head(const Network& network, int rope);

}  // namespace satsim::execute
