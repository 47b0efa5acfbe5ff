// `satsim models show NETWORK --tree`.
#pragma once

#include "host/options.hpp"

namespace satsim::host {

// The module tree with parameters, MACs per token, and what each of the network's stages (or of `recipes`)
// trains. `depth` 0: all levels.
[[nodiscard]] std::string tree_report(const Network& network, const Options& options,
                                      const std::vector<std::string>& recipes, int depth);

}  // namespace satsim::host
