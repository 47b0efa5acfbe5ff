#include <google/protobuf/stubs/logging.h>

#include <algorithm>

#include "runtime/onnx/tensor_data.hpp"
#include "runtime/onnx/weights.hpp"
#include "runtime/onnx/wire_filter.hpp"
#include "runtime/support/error.hpp"
#include "runtime/weights/safetensors.hpp"

namespace satsim::importer {
namespace {

constexpr std::int64_t kPieceElements = 1 << 20;  // written at once; one row, where that is longer

std::string header_of(std::span<const ImportedTensor> tensors, const std::string& network) {
    std::vector<weights::Tensor> list;
    for (const ImportedTensor& tensor : tensors) list.push_back({tensor.name, "F32", tensor.shape});
    return weights::make_header(list, {{"format", "satsim"},
                                       {"layout", "[group][tap][input channel][output channel]"},
                                       {"network", network}});
}

// In matrices of the last two axes, whole rows at a time. Returns the number of elements.
std::int64_t write_tensor(const TensorData& data, const TensorView& view, const WeightSink& sink) {
    const std::size_t rank = view.dims.size();
    const std::int64_t columns = rank > 0 ? view.dims[rank - 1] : 1;
    const std::int64_t rows = rank > 1 ? view.dims[rank - 2] : 1;
    const std::int64_t matrices = *element_count(view.dims) / (rows * columns);
    const std::int64_t most = std::clamp<std::int64_t>(kPieceElements / columns, 1, rows);
    std::vector<float> piece;
    piece.reserve(
        static_cast<std::size_t>(std::min(std::max(kPieceElements, columns), matrices * rows * columns)));
    const auto flush = [&] {
        sink.write({reinterpret_cast<const char*>(piece.data()), piece.size() * sizeof(float)});
        piece.clear();
    };
    for (std::int64_t matrix = 0; matrix < matrices; ++matrix) {
        for (std::int64_t row = 0; row < rows; row += most) {
            const auto count = static_cast<std::size_t>(std::min(most, rows - row) * columns);
            if (piece.size() + count > piece.capacity()) flush();
            piece.resize(piece.size() + count);
            data.read(view, matrix, row, std::span(piece).last(count));
        }
    }
    flush();
    return matrices * rows * columns;
}

}  // namespace

void write_weights(Bytes8 model, const std::filesystem::path& file, const std::string& network,
                   std::span<const ImportedTensor> tensors, const WeightSink& sink) {
    const google::protobuf::LogSilencer silence;
    const std::vector<Bytes8> initializers = initializers_of(model, file.string());
    std::int64_t all = 0;
    for (const ImportedTensor& tensor : tensors) all += element_count(tensor.values.dims).value_or(0);
    std::int64_t done = 0;
    sink.write(header_of(tensors, network));
    for (const ImportedTensor& tensor : tensors) {
        const auto number = static_cast<std::size_t>(tensor.values.initializer);
        if (number >= initializers.size())
            throw InputError(file.string(), "", "has changed while it was read");
        const TensorData data(initializers[number], file.parent_path(), file.string());
        if (tensor.values.last() >= data.elements())
            throw InputError(data.where(), "", "is read beyond its end by " + tensor.name);
        std::error_code code;
        if (!data.external().empty() && std::filesystem::equivalent(data.external(), sink.target, code))
            throw InputError(sink.target.string(), "", "holds the model's own data, expected another file");
        done += write_tensor(data, tensor.values, sink);
        if (sink.progress) sink.progress(done, all);
    }
}

}  // namespace satsim::importer
