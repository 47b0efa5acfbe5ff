#include "runtime/dispatch/kept_activations.hpp"

#include <algorithm>

#include "runtime/workload/attention_spans.hpp"
#include "runtime/workload/gradient_sums.hpp"

namespace satsim {
namespace {

constexpr Bytes kFp16Bytes = 2;

// How a layer's output, or an input of the network, is read.
struct Reading {
    bool kept = false;     // by a layer with a gradient, or it has one itself
    bool outside = false;  // by one in another copy of a repeated module, or in none
};

struct Readings {
    std::vector<Reading> layers;
    std::vector<Reading> inputs;
};

// From the last layer to the first, so that a view knows how it is read when it hands that on.
Readings readings(const Network& network, const std::vector<LayerPlan>& plan) {
    Readings all{std::vector<Reading>(plan.size()), std::vector<Reading>(network.inputs.size())};
    for (std::size_t i = plan.size(); i-- > 0;) {
        Reading& own = all.layers[i];
        const bool view = is_view(network.layers[i]);
        const bool reads = plan[i].gradient || (view && own.kept);
        own.kept = own.kept || plan[i].gradient;
        for (const int input : network.layers[i].inputs) {
            if (!reads) continue;
            if (input < 0) {
                all.inputs[static_cast<std::size_t>(-1 - input)].kept = true;
                continue;
            }
            Reading& below = all.layers[static_cast<std::size_t>(input)];
            below.kept = true;
            if (network.layers[static_cast<std::size_t>(input)].region != network.layers[i].region ||
                (view && own.outside))
                below.outside = true;
        }
    }
    return all;
}

struct Piece {
    KeptWhat what;
    std::int64_t elements;  // of an item
};

// Beside the output, what a layer's gradient reads.
std::vector<Piece> inner_pieces(const Layer& layer, bool probabilities) {
    if (layer.kind == LayerKind::Attention)
        return {{KeptWhat::Inner, 3 * layer.in.elements()},
                {KeptWhat::Probabilities, std::int64_t{layer.heads} * layer.in.width * layer.in.width}};
    if (layer.kind == LayerKind::Attend && probabilities)
        return {{KeptWhat::Probabilities, layer.heads * seen_pairs(layer)}};
    return {};
}

class KeptTensors {
  public:
    KeptTensors(const Network& network, const Recipe& recipe, const std::vector<LayerPlan>& plan,
                std::int64_t samples)
        : network_(network),
          recipe_(recipe),
          samples_(samples),
          readings_(readings(network, plan)),
          shared_(network.shared_by_samples()) {}

    std::vector<KeptTensor> run() {
        for (std::size_t i = 0; i < network_.layers.size(); ++i)
            if (readings_.layers[i].kept && !is_view(network_.layers[i])) add_layer(i);
        for (std::size_t i = 0; i < network_.inputs.size(); ++i) {
            if (!readings_.inputs[i].kept) continue;
            const NetworkInput& input = network_.inputs[i];
            KeptTensor tensor{static_cast<int>(i), KeptWhat::Input, {}};
            tensor.room.always = kFp16Bytes * samples_ * input.items * input.shape.elements();
            kept_.push_back(tensor);
        }
        return std::move(kept_);
    }

  private:
    void add_layer(std::size_t i) {
        const Layer& layer = network_.layers[i];
        KeptTensor output{static_cast<int>(i), KeptWhat::Output, {}};
        if (shared_[i]) {
            output.room.always = kFp16Bytes * layer.repeat * layer.out.elements();
            kept_.push_back(output);
            return;
        }
        const Bytes item = kFp16Bytes * samples_ * layer.items;
        add_piece(i, KeptWhat::Output, item * layer.out.elements());
        if (recipe_.recompute == Recompute::Modules && layer.region >= 0 && readings_.layers[i].outside) {
            output.room.always = layer.repeat * item * layer.out.elements();
            kept_.push_back(output);
        }
        const bool formed_again = recipe_.recompute == Recompute::Attention;
        for (const Piece& piece : inner_pieces(layer, !formed_again))
            add_piece(i, piece.what, item * piece.elements);
        if (!formed_again || layer.kind != LayerKind::Attend) return;
        KeptTensor again{static_cast<int>(i), KeptWhat::Probabilities, {}};
        again.room.briefly = item * layer.heads * seen_pairs(layer);
        kept_.push_back(again);
    }

    void add_piece(std::size_t i, KeptWhat what, Bytes bytes) {
        const Layer& layer = network_.layers[i];
        KeptTensor tensor{static_cast<int>(i), what, {}};
        if (recipe_.recompute == Recompute::Modules && layer.region >= 0) {
            tensor.room.region = layer.region;
            tensor.room.inside = bytes;
        } else {
            tensor.room.always = layer.repeat * bytes;
        }
        kept_.push_back(tensor);
    }

    const Network& network_;
    const Recipe& recipe_;
    std::int64_t samples_;
    Readings readings_;
    std::vector<bool> shared_;
    std::vector<KeptTensor> kept_;
};

}  // namespace

bool is_view(const Layer& layer) {
    return is_slice(layer) || layer.kind == LayerKind::Reshape || layer.kind == LayerKind::Flatten ||
           layer.kind == LayerKind::Tokens || layer.fused;
}

std::vector<KeptTensor> kept_tensors(const Network& network, const Recipe& recipe,
                                     const std::vector<LayerPlan>& plan, std::int64_t samples) {
    return KeptTensors(network, recipe, plan, samples).run();
}

void ActivationRoom::add(const KeptActivation& tensor) {
    always_ += tensor.always;
    briefly_ = std::max(briefly_, tensor.briefly);
    if (tensor.region < 0) return;
    const auto region = static_cast<std::size_t>(tensor.region);
    if (region >= inside_.size()) inside_.resize(region + 1, 0);
    inside_[region] += tensor.inside;
}

Bytes ActivationRoom::bytes() const {
    const auto largest = std::max_element(inside_.begin(), inside_.end());
    return always_ + (largest == inside_.end() ? 0 : *largest) + briefly_;
}

}  // namespace satsim
