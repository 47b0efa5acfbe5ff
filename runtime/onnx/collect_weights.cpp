#include <fmt/format.h>

#include <algorithm>

#include "runtime/onnx/weights.hpp"
#include "runtime/support/error.hpp"
#include "runtime/weights/layer_tensors.hpp"

namespace satsim::importer {
namespace {

using weights::LayerTensor;

// Of each layer: the order of its channels where that is not ONNX's. It comes from `flatten`, stays through
// layers that treat every feature alike, and ends where weights take it in.
class FeatureOrders {
  public:
    FeatureOrders(const Network& network, const std::map<LayerIndex, FeatureOrder>& flattened,
                  const std::string& file)
        : orders_(network.layers.size()) {
        for (std::size_t i = 0; i < network.layers.size(); ++i) {
            const Layer& layer = network.layers[i];
            const auto found = flattened.find(static_cast<LayerIndex>(i));
            if (found != flattened.end()) {
                orders_[i] = &found->second;
                continue;
            }
            const FeatureOrder* order = nullptr;
            for (const int from : layer.inputs) {
                if (const FeatureOrder* other = of(from)) order = other;
            }
            if (order == nullptr) continue;
            if (!follows(layer)) {
                throw InputError(
                    file, "",
                    fmt::format("layer {} ({}) reads flattened features, whose order in memory is not "
                                "the model's: --data cannot bring its weights, or those after it, into "
                                "that order",
                                layer.name, to_string(layer.kind)));
            }
            if (layer.kind != LayerKind::Linear) orders_[i] = order;
        }
    }

    // nullptr: ONNX's own.
    [[nodiscard]] const FeatureOrder* of(int layer) const {
        return layer < 0 ? nullptr : orders_[static_cast<std::size_t>(layer)];
    }

  private:
    static bool follows(const Layer& layer) {
        switch (layer.kind) {
            case LayerKind::Relu:
            case LayerKind::Gelu:
            case LayerKind::Activation:
            case LayerKind::Softmax:
            case LayerKind::BatchNorm:
            case LayerKind::LayerNorm:
            case LayerKind::Linear:
            case LayerKind::Loss:
                return true;
            default:
                return false;
        }
    }

    std::vector<const FeatureOrder*> orders_;
};

std::optional<TensorView> in_order(const std::optional<TensorView>& features, const FeatureOrder* order) {
    if (!features || order == nullptr) return features;
    const std::optional<TensorView> apart = features->reshaped(order->dims);
    return apart ? std::optional(apart->transposed(order->order)) : std::nullopt;
}

// [out][in of a group][kernel...] of a convolution, [in][out of a group][kernel...] of a transposed one, to
// [group][tap][in][out].
std::optional<TensorView> convolution(const TensorView& view, const Layer& layer) {
    const bool transposed = layer.kind == LayerKind::ConvTranspose;
    const std::int64_t in = layer.in.channels / layer.groups;
    const std::int64_t out = layer.out.channels / layer.groups;
    const std::optional<TensorView> parts =
        view.reshaped({layer.groups, transposed ? in : out, transposed ? out : in, layer.kernel.area()});
    if (!parts) return std::nullopt;
    return parts->transposed(transposed ? std::vector{0, 3, 1, 2} : std::vector{0, 3, 2, 1});
}

// [in][out] with the rows in the order of the features that the layer reads.
std::optional<TensorView> linear(const TensorView& view, const FeatureOrder* order) {
    if (order == nullptr || view.dims.size() != 2) return view;
    Dims apart = order->dims;
    apart.push_back(view.dims[1]);
    const std::optional<TensorView> rows = view.reshaped(apart);
    if (!rows) return std::nullopt;
    std::vector<int> axes = order->order;
    axes.push_back(static_cast<int>(order->dims.size()));
    return rows->transposed(axes);
}

std::optional<TensorView> arranged(const Graph& graph, const WeightUse& use, const Layer& layer,
                                   const LayerTensor& tensor, const FeatureOrder* order) {
    std::optional<TensorView> view = tensor_view(graph, use.value);
    if (!view) return std::nullopt;
    if (!use.axes.empty()) view = view->transposed(use.axes);
    if (tensor.matrix)
        return layer.kind == LayerKind::Linear ? linear(*view, order) : convolution(*view, layer);
    if (tensor.shape.size() == 1) {
        const bool of_input = layer.kind == LayerKind::BatchNorm || layer.kind == LayerKind::LayerNorm;
        return in_order(view->reshaped(tensor.shape), of_input ? order : nullptr);
    }
    return view;
}

}  // namespace

std::vector<ImportedTensor> collect_weights(const Graph& graph, const Network& network,
                                            std::span<const WeightUse> uses,
                                            const std::map<LayerIndex, FeatureOrder>& flattened,
                                            const std::string& file, std::vector<std::string>& notes) {
    const FeatureOrders orders(network, flattened, file);
    std::map<std::pair<LayerIndex, std::string>, const WeightUse*> by_name;
    for (const WeightUse& use : uses) by_name[{use.layer, use.suffix}] = &use;
    std::vector<ImportedTensor> tensors;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const Layer& layer = network.layers[i];
        for (const LayerTensor& tensor : weights::tensors_of(layer)) {
            const std::string suffix = tensor.name.substr(layer.name.size() + 1);
            const auto found = by_name.find({static_cast<LayerIndex>(i), suffix});
            const FeatureOrder* order = layer.inputs.empty() ? nullptr : orders.of(layer.inputs.front());
            std::optional<TensorView> view;
            std::string reason = "is computed by the graph, spread or no initializer";
            if (found != by_name.end()) {
                view = arranged(graph, *found->second, layer, tensor, order);
                if (!found->second->refused.empty()) {
                    reason = found->second->refused;
                    view.reset();
                }
            }
            std::int64_t wanted = 1;
            for (const std::int64_t extent : tensor.shape) wanted *= extent;
            if (view && element_count(view->dims) == wanted) {
                tensors.push_back({tensor.name, tensor.shape, *view});
            } else if (!tensor.optional) {
                throw InputError(
                    file, "",
                    fmt::format("layer {}: its {} {}, expected {} trained values in one initializer "
                                "for --data",
                                layer.name, suffix, reason, wanted));
            } else {
                notes.push_back(fmt::format("{} {}: left out of the weights", tensor.name, reason));
            }
        }
    }
    return tensors;
}

}  // namespace satsim::importer
