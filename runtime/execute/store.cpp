#include "runtime/execute/store.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "runtime/execute/step.hpp"
#include "runtime/numerics/fp16.hpp"
#include "runtime/workload/operands.hpp"
#include "runtime/workload/weight_shape.hpp"

namespace satsim::execute {
namespace {

using K = LayerKind;

class Filler {
  public:
    Filler(const Network& network, Store& store, std::uint64_t seed)
        : network_(network),
          store_(store),
          shared_(network.shared_by_samples()),
          tied_readers_(tied_readers(network)),
          rng_(seed) {}

    void fill() {
        for (std::size_t i = 0; i < network_.inputs.size(); ++i) fill_input(i);
        for (std::size_t i = 0; i < network_.layers.size(); ++i) {
            fill_weights(i);
            fill_choices(i);
        }
        fill_output_gradients();
    }

  private:
    double normal() { return distribution_(rng_); }
    std::int64_t below(std::int64_t end) {
        return std::uniform_int_distribution<std::int64_t>(0, end - 1)(rng_);
    }
    static double half(double value) { return numerics::round_to_fp16(static_cast<float>(value)); }

    // Row numbers where a table is read by it.
    void fill_input(std::size_t i) {
        const NetworkInput& input = network_.inputs[i];
        std::int64_t rows = 0;
        for (const Layer& layer : network_.layers)
            if (layer.kind == K::Lookup && layer.inputs[0] == -1 - static_cast<int>(i))
                rows = rows == 0 ? layer.rows : std::min(rows, layer.rows);
        Values& values = store_.inputs.emplace_back(
            static_cast<std::size_t>(store_.samples() * input.items * input.shape.elements()));
        for (double& value : values) value = rows > 0 ? static_cast<double>(below(rows)) : half(normal());
    }

    void fill(Parameter& parameter, std::size_t size, double mean, double deviation) {
        for (std::size_t i = 0; i < size; ++i)
            parameter.master.push_back(static_cast<float>(mean + deviation * normal()));
        parameter.gradient.assign(parameter.size(), 0.0);
        parameter.first.assign(parameter.size(), 0.0);
        parameter.second.assign(parameter.size(), 0.0);
    }

    void fill_weights(std::size_t i) {
        const Layer& l = network_.layers[i];
        LayerWeights& weights = store_.weights[i];
        const int reader = weight_reader(network_, tied_readers_, static_cast<int>(i));
        weights.shape = weight_shape(network_.layers[static_cast<std::size_t>(reader)]);
        if (weights.shape.rows > 0 && l.tied < 0) {
            const std::int64_t taps = l.sets.empty() ? weights.shape.taps / std::max(l.groups, 1) : 1;
            const std::int64_t reduced = taps * weights.shape.rows;
            fill(weights.matrix, static_cast<std::size_t>(weights.shape.elements()), 0,
                 1 / std::sqrt(static_cast<double>(reduced)));
        }
        const auto others = static_cast<std::size_t>(l.parameters()) - weights.matrix.size();
        switch (l.kind) {
            case K::BatchNorm:
            case K::LayerNorm:
            case K::GroupNorm:
            case K::RmsNorm: {
                const bool shifts = l.kind != K::RmsNorm && l.shift;
                const std::size_t scales = shifts ? others / 2 : others;
                fill(weights.others, scales, 1, 0.1);
                fill(weights.others, others - scales, 0, 0.1);
                break;
            }
            case K::Parameter:  // also one that is not trained
                fill(weights.others, static_cast<std::size_t>(l.trained > 0 ? l.trained : l.out.elements()),
                     0.5, 0.1);
                break;
            case K::Lookup:
            case K::Quantize:
                fill(weights.others, others, 0, 1);
                break;
            default:
                fill(weights.others, others, 0, 0.1);
                break;
        }
    }

    void fill_choices(std::size_t i) {
        const Layer& l = network_.layers[i];
        if (l.kind == K::Loss) {
            const std::int64_t positions = store_.samples() * l.items * l.in.positions();
            for (std::int64_t p = 0; p < positions; ++p)
                store_.choices[i].labels.push_back(below(l.in.channels));
        }
        if (l.kind == K::Combine) draw_weights(i);
        if (read_by_index(l))
            for (std::int64_t element = 0; element < l.out.elements(); ++element)
                store_.choices[i].places.push_back(below(l.trained));
        if (l.kind == K::Select)
            for (std::int64_t item = 0; item < store_.samples() * l.items; ++item) {
                // Of several times its positions, each selection has its own: their gradient is one tensor.
                std::vector<std::int64_t> own;
                auto& of_stream =
                    decks_[{l.inputs[0], item / l.items * network_.items_of(l.inputs[0]) + item % l.items}];
                deal(i, item % l.items * l.in.positions(),
                     l.out.positions() > l.in.positions() ? own : of_stream, l.in.positions(),
                     l.out.positions());
            }
        if (l.kind == K::Splice)
            for (std::int64_t sample = 0; sample < store_.samples(); ++sample) {
                std::vector<std::int64_t> deck;
                for (std::size_t from = 1; from < l.inputs.size(); ++from)
                    deal(i, 0, deck, l.items * l.in.positions(),
                         network_.items_of(l.inputs[from]) * network_.shape_of(l.inputs[from]).positions());
            }
    }

    void draw_weights(std::size_t i) {
        const Layer& l = network_.layers[i];
        const std::int64_t positions = l.out.positions();
        const std::int64_t ways = l.in.positions() / positions;
        for (std::int64_t item = 0; item < store_.samples() * l.items; ++item) {
            Values weights(static_cast<std::size_t>(l.in.positions()));
            for (double& weight : weights) weight = std::exp(normal());
            for (std::int64_t p = 0; p < positions; ++p) {
                const auto at = [&](std::int64_t way) -> double& {
                    return weights[static_cast<std::size_t>(way * positions + p)];
                };
                double sum = 0;
                for (std::int64_t way = 0; way < ways; ++way) sum += at(way);
                for (std::int64_t way = 0; way < ways; ++way) at(way) = half(at(way) / sum);
            }
            Values& all = store_.choices[i].weights;
            all.insert(all.end(), weights.begin(), weights.end());
        }
    }

    // All positions, as often as they fit into `count`, then the rest of it from the deck: each once, in
    // ascending order, with a new deck where it has run out.
    void deal(std::size_t layer, std::int64_t offset, std::vector<std::int64_t>& deck, std::int64_t positions,
              std::int64_t count) {
        std::vector<std::int64_t>& places = store_.choices[layer].places;
        for (; count > positions; count -= positions)
            for (std::int64_t position = 0; position < positions; ++position)
                places.push_back(offset + position);
        std::vector<std::int64_t> hand;
        while (std::ssize(hand) < count) {
            if (deck.empty()) {
                deck.resize(static_cast<std::size_t>(positions));
                std::iota(deck.begin(), deck.end(), 0);
                std::shuffle(deck.begin(), deck.end(), rng_);
                // What is on hand already goes to the bottom.
                std::stable_partition(deck.begin(), deck.end(), [&](std::int64_t position) {
                    return std::ranges::find(hand, position) != hand.end();
                });
            }
            hand.push_back(deck.back());
            deck.pop_back();
        }
        std::ranges::sort(hand);
        for (const std::int64_t position : hand) places.push_back(offset + position);
    }

    // Of layers that nothing reads, in a network without a loss.
    void fill_output_gradients() {
        std::vector<bool> read(network_.layers.size(), false);
        for (const Layer& layer : network_.layers) {
            if (layer.kind == K::Loss) return;
            for (const int input : layer.inputs)
                if (input >= 0) read[static_cast<std::size_t>(input)] = true;
        }
        for (std::size_t i = 0; i < read.size(); ++i) {
            if (read[i]) continue;
            const Layer& l = network_.layers[i];
            const std::int64_t batch = shared_[i] ? 1 : store_.samples() * l.items;
            store_.output_gradients[i].resize(static_cast<std::size_t>(batch * l.out.elements()));
            for (double& value : store_.output_gradients[i]) value = half(normal());
        }
    }

    const Network& network_;
    Store& store_;
    std::vector<bool> shared_;
    std::vector<int> tied_readers_;
    std::mt19937_64 rng_;
    std::normal_distribution<double> distribution_{0.0, 1.0};
    std::map<std::pair<int, std::int64_t>, std::vector<std::int64_t>> decks_;  // by stream and item
};

}  // namespace

Store::Store(const Network& network, std::int64_t samples, std::uint64_t seed, bool exact)
    : weights(network.layers.size()),
      layers(network.layers.size()),
      choices(network.layers.size()),
      output_gradients(network.layers.size()),
      samples_(samples),
      exact_(exact) {
    require_executable(network);
    Filler(network, *this, seed).fill();
}

double Store::map_value(double value) const {
    return exact_ ? value : numerics::round_to_fp16(static_cast<float>(value));
}

void Store::forget_copies() {
    for (LayerWeights& each : weights) each.ff = each.bp = {};
}

}  // namespace satsim::execute
