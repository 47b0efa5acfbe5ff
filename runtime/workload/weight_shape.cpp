#include "runtime/workload/weight_shape.hpp"

#include <algorithm>

namespace satsim {

MatrixShape weight_shape(const Layer& layer) {
    switch (layer.kind) {
        case LayerKind::Conv:
        case LayerKind::ConvTranspose:
            return {std::int64_t{layer.kernel.area()} * layer.groups, layer.in.channels / layer.groups,
                    layer.out.channels / layer.groups};
        case LayerKind::Linear:
            return {static_cast<std::int64_t>(std::max<std::size_t>(layer.sets.size(), 1)), layer.in.channels,
                    layer.out.channels};
        case LayerKind::Attention:
            return {1, layer.in.channels, 4 * layer.in.channels};
        default:
            return {};
    }
}

}  // namespace satsim
