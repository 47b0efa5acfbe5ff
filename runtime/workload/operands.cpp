#include "runtime/workload/operands.hpp"

#include <algorithm>

namespace satsim {

bool sums_over_samples(const Layer& layer, std::size_t input, const std::vector<bool>& shared) {
    const auto is_shared = [&](int from) {
        return from >= 0 && !shared.empty() && shared[static_cast<std::size_t>(from)];
    };
    return input < layer.inputs.size() && is_shared(layer.inputs[input]) &&
           !std::all_of(layer.inputs.begin(), layer.inputs.end(), is_shared);
}

SecondOperand second_operand(const Layer& layer, const std::vector<bool>& shared) {
    const bool summed = sums_over_samples(layer, 1, shared);
    if (layer.with == layer.in && !summed) return SecondOperand::SameSize;
    const bool vector = layer.with.positions() == 1 && layer.with.channels == layer.in.channels;
    return summed && vector ? SecondOperand::TrainedVector : SecondOperand::Spread;
}

bool read_by_index(const Layer& parameter) {
    return parameter.kind == LayerKind::Parameter && parameter.trained > 0 &&
           parameter.trained != parameter.out.elements();
}

}  // namespace satsim
