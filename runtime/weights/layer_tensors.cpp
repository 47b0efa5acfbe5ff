#include "runtime/weights/layer_tensors.hpp"

namespace satsim::weights {
namespace {

using Shape = std::vector<std::int64_t>;

class List {
  public:
    explicit List(const Layer& layer) : layer_(layer) {}

    void matrix(const std::string& part, const Shape& shape) {
        const std::string prefix = part.empty() ? "" : part + ".";
        tensors_.push_back({layer_.name + "." + prefix + "weight", shape, false, part, true});
        if (layer_.bias) vector(prefix + "bias", shape.back() * (shape.size() == 4 ? shape.front() : 1));
    }
    void vector(const std::string& suffix, std::int64_t length, bool optional = false) {
        tensor(suffix, {length}, optional);
    }
    void tensor(const std::string& suffix, Shape shape, bool optional = false) {
        tensors_.push_back({layer_.name + "." + suffix, std::move(shape), optional});
    }
    std::vector<LayerTensor> take() { return std::move(tensors_); }

  private:
    const Layer& layer_;
    std::vector<LayerTensor> tensors_;
};

}  // namespace

std::vector<LayerTensor> tensors_of(const Layer& layer) {
    List list(layer);
    const std::int64_t d = layer.in.channels;
    switch (layer.kind) {
        case LayerKind::Conv:
        case LayerKind::ConvTranspose: {
            Shape shape = {layer.kernel.area(), d / layer.groups, layer.out.channels / layer.groups};
            if (layer.groups > 1) shape.insert(shape.begin(), layer.groups);
            list.matrix("", shape);
            break;
        }
        case LayerKind::Linear:
            list.matrix("", {1, d, layer.out.channels});
            break;
        case LayerKind::Attention:
            list.matrix("qkv", {1, d, 3 * d});
            list.matrix("out", {1, d, d});
            break;
        case LayerKind::BatchNorm:
            if (layer.affine) {
                list.vector("weight", d);
                list.vector("bias", d);
            }
            list.vector("running_mean", d, true);
            list.vector("running_var", d, true);
            break;
        case LayerKind::LayerNorm:
        case LayerKind::GroupNorm:
            if (!layer.affine) break;
            list.vector("weight", d);
            list.vector("bias", d);
            break;
        case LayerKind::Lookup:
            list.tensor("weight", {layer.rows, layer.out.channels});
            break;
        case LayerKind::Parameter:
            list.tensor("value", {layer.out.height, layer.out.width, layer.out.channels}, true);
            break;
        case LayerKind::Embedding:
            if (layer.class_token) list.vector("class_token", d);
            list.tensor("positions", {layer.out.width, d});
            break;
        default:
            break;
    }
    return list.take();
}

}  // namespace satsim::weights
