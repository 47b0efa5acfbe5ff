// ONNX models to network files. docs/formats/onnx.md says what becomes what.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "runtime/onnx/weights.hpp"

namespace satsim::importer {

struct ImportOptions {
    std::int64_t batch = 0;                 // default batch of the network; 0: the file's, else 1
    std::vector<std::int64_t> input_shape;  // sizes after the batch, for files that leave them open
    bool unfold_batchnorm = false;          // put back what the exporter folded into convolutions
    bool weights = false;                   // find the numbers of every trained layer, or refuse
};

struct Imported {
    nlohmann::ordered_json document;      // a network file
    std::vector<std::string> notes;       // what a user should know, one line each
    std::vector<ImportedTensor> weights;  // with ImportOptions::weights; for write_weights()
};

// Throws InputError, one line that begins with `file`, for everything that is no model that satsim can
// represent. The document has been read back: its shapes are ONNX's.
[[nodiscard]] Imported import_model(std::span<const std::uint8_t> bytes, const std::string& file,
                                    const ImportOptions& options);
[[nodiscard]] Imported import_file(const std::filesystem::path& path, const ImportOptions& options);

}  // namespace satsim::importer
