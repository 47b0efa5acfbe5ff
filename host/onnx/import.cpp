#include "host/onnx/import.hpp"

#include "host/progress.hpp"
#include "runtime/onnx/import.hpp"
#include "runtime/support/mapped_file.hpp"

namespace satsim::host {

ImportedNetwork import_network(const ImportRequest& request) {
    importer::ImportOptions options;
    options.batch = request.batch;
    options.input_shape = request.input_shape;
    options.unfold_batchnorm = request.unfold_batchnorm;
    options.weights = !request.data.empty();
    importer::Imported imported = importer::import_file(request.file, options);
    ImportedNetwork result{std::move(imported.document), std::move(imported.notes), {}};
    if (!options.weights) return result;
    result.write_weights = [file = request.file, weights = std::move(imported.weights)](
                               AtomicFile& output, const std::string& network) {
        ProgressBar bar("writing weights");
        const MappedFile model(file, "an ONNX file");
        importer::WeightSink sink;
        sink.write = [&](std::string_view piece) { output.write(piece); };
        sink.progress = [&](std::int64_t done, std::int64_t all) {
            bar.update(static_cast<std::size_t>(done), static_cast<std::size_t>(all));
        };
        sink.target = output.path();
        importer::write_weights(model.bytes(), file, network, weights, sink);
    };
    return result;
}

}  // namespace satsim::host
