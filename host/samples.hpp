// --sample: what a sample of a multimodal network holds.
#pragma once

#include <filesystem>
#include <string>

#include "host/options.hpp"

namespace satsim::host {

// The network that the command line names, with the parameters it sets and the sample it names, else the one
// of the network's file. `pieces`: of NetworkOptions.
[[nodiscard]] Network find_sampled_network(const std::string& name, const Options& options,
                                           std::int64_t pieces = 1);

// The file that --sample names: of documents, or of a corpus profile. Throws InputError where it names none.
[[nodiscard]] std::filesystem::path find_sample_file(const std::string& text,
                                                     const std::string& models_override);

// "sample: omnicorpus seed 1: 9 documents ...\n"; empty where the network has none.
[[nodiscard]] std::string sample_text(const Network& network);

}  // namespace satsim::host
