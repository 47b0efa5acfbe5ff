#include "runtime/execute/rotary_head.hpp"

#include <set>
#include <utility>

namespace satsim::execute {
namespace {

using K = LayerKind;

class HeadSearch {
  public:
    HeadSearch(const Network& network, int rope)
        : network_(network), turned_(network.layers[static_cast<std::size_t>(rope)].size) {
        follow(rope, 0);
    }
    [[nodiscard]] std::optional<std::int64_t> found() const {
        return heads_.size() == 1 && whole_ ? std::optional(*heads_.begin()) : std::nullopt;
    }

  private:
    // The readers of layer `from`, whose channel `first` is the rotary layer's channel 0 (below 0: a slice
    // has left it out).
    void follow(int from, std::int64_t first) {
        const std::int64_t channels = network_.shape_of(from).channels;
        if (first >= channels || first + turned_ <= 0 || !visited_.insert({from, first}).second) return;
        for (std::size_t i = 0; i < network_.layers.size(); ++i) {
            const Layer& reader = network_.layers[i];
            std::int64_t before = 0;  // channels of the reader's earlier inputs
            for (std::size_t k = 0; k < reader.inputs.size(); ++k) {
                if (reader.inputs[k] == from) read(static_cast<int>(i), k, first, channels, before);
                before += network_.shape_of(reader.inputs[k]).channels;
            }
        }
    }

    void read(int index, std::size_t input, std::int64_t first, std::int64_t channels, std::int64_t before) {
        const Layer& l = network_.layers[static_cast<std::size_t>(index)];
        switch (l.kind) {
            case K::Attend:
                if (input < 2) add(channels / (input == 0 ? l.heads : l.kv_heads), first);
                return;
            case K::Slice:
                if (l.axis != Axis::Channels) return follow(index, first);
                if (l.step == 1) follow(index, first - l.start);
                return;
            case K::Concat:
                return follow(index, l.axis == Axis::Channels ? first + before : first);
            case K::Conv:
            case K::ConvTranspose:
            case K::Linear:
            case K::MatMul:
            case K::Glu:
            case K::Permute:
            case K::Parameter:
            case K::Lookup:
            case K::Attention:
            case K::Quantize:
            case K::Loss:
                return;  // other channels
            default:     // functions of elements, norms, pools, views, rows of other streams
                if (l.out.channels == channels) follow(index, first);
                return;
        }
    }

    void add(std::int64_t head, std::int64_t first) {
        heads_.insert(head);
        whole_ = whole_ && first % head == 0;
    }

    const Network& network_;
    std::int64_t turned_;
    std::set<std::pair<int, std::int64_t>> visited_;
    std::set<std::int64_t> heads_;
    bool whole_ = true;
};

}  // namespace

std::optional<std::int64_t> rotary_head(const Network& network, int rope) {
    return HeadSearch(network, rope).found();
}

}  // namespace satsim::execute
