#include "host/onnx/import.hpp"

#include "runtime/onnx/import.hpp"

namespace satsim::host {

ImportedNetwork import_network(const ImportRequest& request) {
    importer::ImportOptions options;
    options.batch = request.batch;
    options.input_shape = request.input_shape;
    options.unfold_batchnorm = request.unfold_batchnorm;
    importer::Imported imported = importer::import_file(request.file, options);
    return {std::move(imported.document), std::move(imported.notes)};
}

}  // namespace satsim::host
