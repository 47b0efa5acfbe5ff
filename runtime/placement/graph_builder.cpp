#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <tuple>

#include "runtime/dispatch/host_target.hpp"
#include "runtime/dispatch/layer_footprint.hpp"
#include "runtime/placement/graph.hpp"
#include "runtime/placement/node_split.hpp"
#include "runtime/placement/turn_links.hpp"

namespace satsim::placement {
namespace {

constexpr Bytes kFp16Bytes = 2;
constexpr Bytes kFp32Bytes = 4;

std::size_t at(int index) {
    return static_cast<std::size_t>(index);
}

// The nodes of a layer, by what they do.
struct LayerNodes {
    std::vector<int> forward;
    std::vector<int> again;
    std::vector<int> backward;
    std::vector<int> weights;
    std::vector<int> update;
};

class GraphBuilder {
  public:
    GraphBuilder(const Network& network, const Recipe& recipe, const TrainingStep& step)
        : network_(network),
          step_(step),
          plan_(plan_training(network, recipe)),
          links_(network, plan_),
          shared_(network.shared_by_samples()),
          samples_(step.batch / recipe.micro_batches),
          forms_probabilities_(recipe.recompute == Recompute::Attention),
          of_(network.layers.size()) {
        graph_.micro_batches = recipe.micro_batches;
    }

    Graph build() {
        if (step_.origins.size() != step_.tasks.size())
            throw std::logic_error("a step whose tasks do not say where they come from");
        make_nodes();
        for (std::size_t l = 0; l < of_.size(); ++l) {
            const int layer = static_cast<int>(l);
            connect_forward(layer, of_[l].forward);
            connect_forward(layer, of_[l].again);
            connect_backward(layer);
            connect_update(layer);
        }
        return std::move(graph_);
    }

  private:
    [[nodiscard]] const Layer& layer(int index) const { return network_.layers[at(index)]; }
    [[nodiscard]] Node& node(int index) { return graph_.nodes[at(index)]; }

    [[nodiscard]] Bytes value_bytes(int index) const {
        const Layer& of = layer(index);
        return kFp16Bytes * of.out.elements() * (shared_[at(index)] ? 1 : samples_ * of.items);
    }

    int loop_of(int index, bool backward) {
        const std::int64_t turns = links_.turns_of(index);
        const std::pair<int, bool> key =
            turns > 1 ? std::pair(layer(index).region, backward) : std::pair(-1, false);
        const auto [place, is_new] = loops_.emplace(key, static_cast<int>(graph_.loops.size()));
        if (is_new) graph_.loops.push_back({turns});
        return place->second;
    }

    void make_nodes() {
        for (std::size_t first = 0; first < step_.tasks.size();) {
            const TaskOrigin origin = step_.origins[first];
            std::size_t end = first;
            while (end < step_.tasks.size() && step_.origins[end].layer == origin.layer &&
                   step_.origins[end].pass == origin.pass)
                ++end;
            LayerNodes& of = of_[at(origin.layer)];
            for (NodeTasks& tasks : split_nodes(layer(origin.layer), step_, first, end)) {
                const int index = static_cast<int>(graph_.nodes.size());
                Node made;
                made.layer = origin.layer;
                made.pass = origin.pass;
                made.stage = tasks.stage;
                made.part = std::move(tasks.part);
                if (origin.pass == Pass::Again) made.part += made.part.empty() ? "again" : " again";
                made.tasks = std::move(tasks.tasks);
                made.loop = loop_of(origin.layer, origin.pass != Pass::Forward);
                graph_.nodes.push_back(std::move(made));
                (origin.pass == Pass::Forward             ? of.forward
                 : origin.pass == Pass::Again             ? of.again
                 : origin.pass == Pass::Update            ? of.update
                 : graph_.nodes.back().stage == Stage::WU ? of.weights
                                                          : of.backward)
                    .push_back(index);
            }
            first = end;
        }
    }

    // A use of what `producer` leaves. Tensors of one name from one node are one.
    void use(int producer, const std::string& name, Bytes bytes, int reader, Turns turns,
             bool next_step = false) {
        const auto [place, is_new] =
            tensors_.emplace(std::tuple(producer, name), static_cast<int>(graph_.tensors.size()));
        if (is_new) graph_.tensors.push_back({name, producer, bytes, {}, next_step});
        std::vector<Use>& uses = graph_.tensors[at(place->second)].uses;
        const bool known = std::any_of(uses.begin(), uses.end(), [&](const Use& other) {
            return other.node == reader && other.turns == turns;
        });
        if (!known) uses.push_back({reader, turns});
    }

    // The same of what the backward pass may read.
    void use_kept(KeptWhat what, int producer, const std::string& name, Bytes bytes, int reader,
                  Turns turns) {
        use(producer, name, bytes, reader, turns);
        graph_.tensors[at(tensors_.at({producer, name}))].what = what;
    }

    [[nodiscard]] Turns mirrored(Turns turns) const {
        switch (turns) {
            case Turns::Same:
                return Turns::Mirror;
            case Turns::Next:
                return Turns::MirrorNext;
            case Turns::First:
                return Turns::MirrorFirst;
            default:
                return turns;
        }
    }

    // `reader` reads what input `k` of layer `index` has.
    void read_value(int reader, int index, std::size_t k, int depth = 0, std::optional<Turns> outer = {}) {
        const std::vector<int>& inputs = layer(index).inputs;
        if (k >= inputs.size() || depth > kDepth) return;
        for (const Link& link : links_.inputs_of(index, k)) {
            const Turns turns = outer && *outer != Turns::Same ? *outer : link.turns;
            const LayerNodes& of = of_[at(link.layer)];
            const bool backward = node(reader).pass != Pass::Forward;
            const bool again = backward && turns != Turns::Next && turns != Turns::First &&
                               !of.again.empty() &&
                               layer(link.layer).region == layer(node(reader).layer).region;
            const std::vector<int>& makers = again ? of.again : of.forward;
            if (makers.empty()) {
                read_value(reader, link.layer, 0, depth + 1, turns);
            } else {
                use_kept(KeptWhat::Output, makers.back(), "Y " + layer(link.layer).name,
                         value_bytes(link.layer), reader, backward && !again ? mirrored(turns) : turns);
            }
        }
    }

    // Bytes that a node takes from the node of the same layer before it.
    [[nodiscard]] Bytes chain_bytes(const Node& of) const {
        Bytes largest = 0;
        std::map<std::string, Bytes> products;  // pieces of one product read pieces of one operand
        for (const std::size_t t : of.tasks) {
            if (const auto* gemm = std::get_if<GemmTask>(&step_.tasks[t])) {
                // A of a turned product is the weight, which no node of the layer leaves.
                const std::int64_t rows = gemm->sparse_is_activation ? gemm->shape.n : gemm->shape.m;
                largest = std::max(largest,
                                   products[gemm->part] += kFp16Bytes * gemm->count * rows * gemm->shape.k);
            } else if (const auto& vector = std::get<VectorTask>(step_.tasks[t]); !vector.operand_order) {
                // A pruning writes its extra bytes, the packed copies.
                const Bytes written = vector.op == VectorOp::Prune ? vector.extra_bytes : 0;
                largest = std::max(largest, bytes_read(vector) - written);
            }
        }
        return largest;
    }

    // SDGP prunes the gradient, not the weight, and multiplies it with FF's copy.
    [[nodiscard]] bool reads_forward_copy(const Node& of) const {
        return std::any_of(of.tasks.begin(), of.tasks.end(), [&](std::size_t t) {
            const auto* gemm = std::get_if<GemmTask>(&step_.tasks[t]);
            return gemm != nullptr && gemm->sparse_is_activation;
        });
    }

    void connect_chain(const std::vector<int>& nodes, const std::string& name) {
        for (std::size_t i = 1; i < nodes.size(); ++i)
            use(nodes[i - 1], name + std::to_string(i), chain_bytes(node(nodes[i])), nodes[i], Turns::Same);
    }

    void connect_forward(int index, const std::vector<int>& nodes) {
        if (nodes.empty()) return;
        const Layer& of = layer(index);
        for (std::size_t k = 0; k < of.inputs.size(); ++k) {
            const bool values = of.kind == LayerKind::Attend && k == 2;
            read_value(values ? nodes.back() : nodes.front(), index, k);
        }
        connect_chain(nodes, of.name + " inner ");
        if (of.kind == LayerKind::Attention && nodes.size() > 2)
            use(nodes.front(), of.name + " V", value_bytes(index), nodes.back(), Turns::Same);
    }

    // The gradient of a layer's output, from those that read it.
    void read_gradient(int reader, int index, int depth = 0, std::optional<Turns> outer = {}) {
        if (depth > kDepth) return;
        for (const Link& link : links_.readers_of(index)) {
            const Turns turns = outer && *outer != Turns::Same ? *outer : link.turns;
            const LayerNodes& of = of_[at(link.layer)];
            const bool loss = layer(link.layer).kind == LayerKind::Loss;
            const std::string name = "d " + layer(link.layer).name + " " + std::to_string(link.input);
            const Bytes bytes = value_bytes(layer(link.layer).inputs[link.input]);
            if (!of.backward.empty())
                use(of.backward.back(), name, bytes, reader, turns);
            else if (loss && !of.forward.empty())
                use(of.forward.back(), name, bytes, reader, turns);
            else
                read_gradient(reader, link.layer, depth + 1, turns);
        }
    }

    [[nodiscard]] bool is_attention(int index) const {
        return layer(index).kind == LayerKind::Attend || layer(index).kind == LayerKind::Attention;
    }

    void connect_backward(int index) {
        const LayerNodes& of = of_[at(index)];
        const std::string& name = layer(index).name;
        if (!of.backward.empty()) {
            read_gradient(of.backward.front(), index);
            connect_chain(of.backward, name + " inner gradient ");
            is_attention(index) ? read_attention(index) : read_saved(index);
        }
        if (of.weights.empty()) return;
        read_for_weights(index, of.weights.front());
        for (std::size_t i = 1; i < of.weights.size(); ++i)
            use(of.weights[i - 1], "dW " + name, kFp32Bytes * weights_of(index), of.weights[i], Turns::Same);
    }

    // What the first of the nodes that form dW reads.
    void read_for_weights(int index, int weights) {
        const LayerNodes& of = of_[at(index)];
        const std::string& name = layer(index).name;
        // The sum over micro-batches alone: norms and tables form theirs beside the input's.
        if (node(weights).part == "sum" && !of.backward.empty()) {
            use(of.backward.back(), "dW " + name, kFp32Bytes * weights_of(index), weights, Turns::Same);
            return;
        }
        read_value(weights, index, 0);
        // Several gradients were added up first.
        if (!of.backward.empty() && links_.readers_of(index).size() > 1)
            use(of.backward.front(), "dY " + name, value_bytes(index), weights, Turns::Same);
        else
            read_gradient(weights, index);
    }

    // Products of the backward pass read queries, keys, values and probabilities.
    void read_attention(int index) {
        const LayerNodes& of = of_[at(index)];
        const std::vector<int>& made = of.again.empty() ? of.forward : of.again;
        const Turns kept = of.again.empty() ? Turns::Mirror : Turns::Same;
        const int first = of.backward.front();
        const int last = of.backward.back();
        read_gradient(last, index);
        if (layer(index).kind == LayerKind::Attend) {
            read_value(first, index, 2);
            for (const std::size_t k : {std::size_t{0}, std::size_t{1}}) {
                read_value(last, index, k);
                if (forms_probabilities_) read_value(first, index, k);
            }
            if (forms_probabilities_) return;
        } else if (!made.empty()) {
            const Bytes bytes = 3 * value_bytes(index);
            for (const int reader : {first, last})
                use_kept(KeptWhat::Inner, made.front(), layer(index).name + " QKV", bytes, reader, kept);
        }
        if (made.size() < 3 || of.backward.size() < 3) return;
        for (const int reader : {of.backward[1], last})
            use_kept(KeptWhat::Probabilities, made[1], layer(index).name + " P", chain_bytes(node(made[2])),
                     reader, kept);
    }

    // Vector work that streams more than the gradient reads what the forward pass kept of the inputs, and so
    // do products of activations and a maximum, which has to be found again.
    void read_saved(int index) {
        const LayerKind kind = layer(index).kind;
        const bool always = kind == LayerKind::MaxPool || kind == LayerKind::MatMul;
        for (const int reader : of_[at(index)].backward) {
            Bytes read = 0;
            for (const std::size_t t : node(reader).tasks) {
                const auto* vector = std::get_if<VectorTask>(&step_.tasks[t]);
                if (vector == nullptr || vector->op == VectorOp::Add || vector->op == VectorOp::ZeroFill)
                    continue;
                read = std::max(read, kFp16Bytes * vector->elements * vector->reads_fp16);
            }
            if (!always && read <= value_bytes(index)) continue;
            read_value(reader, index, 0);
            if (kind == LayerKind::Mul || kind == LayerKind::MatMul) read_value(reader, index, 1);
        }
    }

    [[nodiscard]] std::int64_t weights_of(int index) const {
        const int owner = layer(index).tied >= 0 ? layer(index).tied : index;
        return layer(owner).parameters();
    }

    void connect_update(int index) {
        const LayerNodes& of = of_[at(index)];
        if (of.update.empty()) return;
        const int update = of.update.front();
        const std::string& name = layer(index).name;
        const Bytes gradient = kFp32Bytes * layer(index).parameters();
        if (!of.weights.empty())
            use(of.weights.back(), "dW " + name + " whole", gradient, update, Turns::Same);
        else if (!of.backward.empty())
            use(of.backward.back(), "dW " + name, gradient, update, Turns::Same);
        else
            read_gradient(update, index);
        hand_out_weights(index, index);
        for (std::size_t l = 0; l < of_.size(); ++l) {
            if (layer(static_cast<int>(l)).tied != index) continue;
            if (!of_[l].weights.empty())
                use(of_[l].weights.back(), "dW " + network_.layers[l].name + " tied", gradient, update,
                    Turns::Last);
            hand_out_weights(index, static_cast<int>(l));
        }
    }

    // The copies that the update of `owner` leaves for the GEMMs of `user`.
    void hand_out_weights(int owner, int user) {
        Bytes forward = 0;
        Bytes backward = 0;
        const int update = of_[at(owner)].update.front();
        for (const std::size_t t : node(update).tasks) {
            const auto& vector = std::get<VectorTask>(step_.tasks[t]);
            if (!vector.pregenerate_ff) {
                forward += kFp32Bytes * vector.elements;  // biases and norms stay as they are
                continue;
            }
            const Bytes other = backward_copy_bytes(vector);
            forward += vector.extra_bytes - other;
            backward += other;
        }
        const LayerNodes& of = of_[at(user)];
        const bool looped = links_.turns_of(user) > 1;
        const std::string name = "W " + layer(owner).name;
        for (const int reader : of.forward)
            use(update, name, forward, reader, looped ? Turns::Mirror : Turns::Last, true);
        for (const int reader : of.again)
            use(update, name, forward, reader, looped ? Turns::Same : Turns::Last, true);
        for (const int reader : of.backward) {
            const Turns turns = looped ? Turns::Same : Turns::Last;
            if (reads_forward_copy(node(reader))) use(update, name, forward, reader, turns, true);
            if (backward > 0) use(update, name + " backward", backward, reader, turns, true);
        }
    }

    static constexpr int kDepth = 64;  // layers without tasks in a row

    const Network& network_;
    const TrainingStep& step_;
    std::vector<LayerPlan> plan_;
    TurnLinks links_;
    std::vector<bool> shared_;
    std::int64_t samples_;
    bool forms_probabilities_;  // in the backward pass again, from queries and keys
    std::vector<LayerNodes> of_;
    std::map<std::pair<int, bool>, int> loops_;
    std::map<std::tuple<int, std::string>, int> tensors_;
    Graph graph_;
};

}  // namespace

Graph make_graph(const Network& network, const Recipe& recipe, const TrainingStep& step) {
    return GraphBuilder(network, recipe, step).build();
}

}  // namespace satsim::placement
