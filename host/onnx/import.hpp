// satsim models import: ONNX files to network files, where satsim was built with ONNX.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/commands.hpp"
#include "runtime/support/atomic_file.hpp"

namespace satsim::host {

void add_import(CLI::App& models, Action& action);

struct ImportRequest {
    std::string file;
    std::string output;                     // empty: the file's name with .json, in the current folder
    std::int64_t batch = 0;                 // 0: the file's
    std::vector<std::int64_t> input_shape;  // for files that leave sizes open
    bool unfold_batchnorm = false;
    std::string data;  // file of weights to write; empty: none
};

struct ImportedNetwork {
    nlohmann::ordered_json document;
    std::vector<std::string> notes;
    // Writes the contents of the file of weights, where one was asked for.
    std::function<void(AtomicFile&, const std::string& network)> write_weights;
};

// Throws InputError that names the missing packages where satsim was built without ONNX.
[[nodiscard]] ImportedNetwork import_network(const ImportRequest& request);

}  // namespace satsim::host
