// In place of import.cpp where libonnx-dev or libprotobuf-dev was missing.
#include "host/onnx/import.hpp"
#include "runtime/support/error.hpp"

namespace satsim::host {

ImportedNetwork import_network(const ImportRequest& request) {
    throw InputError("models import " + request.file, "",
                     "this satsim was built without ONNX, expected a build with the packages libonnx-dev and "
                     "libprotobuf-dev installed");
}

}  // namespace satsim::host
