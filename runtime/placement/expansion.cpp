#include "runtime/placement/expansion.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace satsim::placement {
namespace {

std::size_t at(std::int64_t index) {
    return static_cast<std::size_t>(index);
}

// The turn of the producer that turn `turn` of the reader reads; none: it reads nothing.
std::optional<int> producer_turn(Turns turns, int turn, int reader_turns, int producer_turns) {
    const int mirrored = reader_turns - 1 - turn;
    switch (turns) {
        case Turns::Same:
            return turn;
        case Turns::Next:
            return turn > 0 ? std::optional(turn - 1) : std::nullopt;
        case Turns::First:
            return turn == 0 ? std::optional(producer_turns - 1) : std::nullopt;
        case Turns::Last:
            return producer_turns - 1;
        case Turns::Mirror:
            return mirrored;
        case Turns::MirrorNext:
            return mirrored > 0 ? std::optional(mirrored - 1) : std::nullopt;
        case Turns::MirrorFirst:
            return mirrored == 0 ? std::optional(producer_turns - 1) : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

std::int64_t Expansion::size_of(const Graph& graph) {
    std::int64_t runs = 0;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) runs += graph.runs_of(static_cast<int>(n));
    return runs;
}

Expansion::Expansion(const Graph& graph, Length length) : length_(length) {
    for (const Loop& loop : graph.loops) {
        const bool shorten = length_ == Length::Short && loop.turns > 3;
        weights_.emplace_back(shorten ? std::vector<std::int64_t>{1, loop.turns - 2, 1}
                                      : std::vector<std::int64_t>(at(loop.turns), 1));
    }
    add_runs(graph);
    node_weight_.resize(graph.nodes.size(), 0);
    micro_batch_runs_.resize(at(graph.micro_batches), 0);
    for (const Run& run : runs_) {
        node_weight_[at(run.node)] += run.weight;
        ++micro_batch_runs_[at(run.micro_batch)];
    }
    drawn_.resize(runs_.size());
    inputs_.resize(runs_.size(), 0);
    add_edges(graph);
    lay_out_edges();
}

void Expansion::lay_out_edges() {
    first_edge_.assign(1, 0);
    for (const std::vector<Edge>& edges : drawn_) {
        edges_.insert(edges_.end(), edges.begin(), edges.end());
        first_edge_.push_back(edges_.size());
    }
    drawn_ = {};
}

void Expansion::add_runs(const Graph& graph) {
    first_.resize(graph.nodes.size());
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
        first_[n].assign(at(graph.micro_batches) * weights_[at(graph.nodes[n].loop)].size(), -1);
    for (int part = 0; part < graph.micro_batches; ++part) {
        for (std::size_t begin = 0; begin < graph.nodes.size();) {
            const int loop = graph.nodes[begin].loop;
            std::size_t end = begin;
            while (end < graph.nodes.size() && graph.nodes[end].loop == loop) ++end;
            const std::vector<std::int64_t>& weights = weights_[at(loop)];
            for (std::size_t turn = 0; turn < weights.size(); ++turn) {
                for (std::size_t n = begin; n < end; ++n) {
                    if (graph.nodes[n].once_a_step() && part + 1 < graph.micro_batches) continue;
                    first_[n][at(part) * weights.size() + turn] = static_cast<int>(runs_.size());
                    runs_.push_back({static_cast<int>(n), static_cast<int>(turn), part, weights[turn]});
                }
            }
            begin = end;
        }
    }
}

// What micro-batches add up for an update is added up in their order.
void Expansion::add_order(const std::vector<int>& producers, int turns, int micro_batches) {
    for (int part = 1; part < micro_batches; ++part) {
        for (int turn = 0; turn < turns; ++turn) {
            const int earlier = producers[at((part - 1) * turns + turn)];
            const int later = producers[at(part * turns + turn)];
            add_edge(earlier, {-1, later, runs_[at(later)].node, 0});
            ++inputs_[at(later)];
        }
    }
}

void Expansion::add_edges(const Graph& graph) {
    for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
        const Tensor& tensor = graph.tensors[t];
        const std::vector<int>& producers = first_[at(tensor.producer)];
        const auto made = static_cast<int>(weights_[at(graph.nodes[at(tensor.producer)].loop)].size());
        for (const Use& use : tensor.uses) {
            const std::vector<std::int64_t>& weights = weights_[at(graph.nodes[at(use.node)].loop)];
            const auto turns = static_cast<int>(weights.size());
            if (graph.nodes[at(use.node)].once_a_step())
                add_order(producers, made, static_cast<int>(graph.micro_batches));
            for (int part = 0; part < graph.micro_batches; ++part) {
                for (int turn = 0; turn < turns; ++turn) {
                    const std::optional<int> from = producer_turn(use.turns, turn, turns, made);
                    const int reader = first_[at(use.node)][at(part * turns + turn)];
                    if (!from || (reader < 0 && !tensor.next_step)) continue;
                    const int producer = producers[at(part * made + *from)];
                    if (producer < 0) continue;  // an update of an earlier micro-batch: there is none
                    // One copy of a module after another: the turn that stands for many hands on inside too.
                    const bool inside = use.turns == Turns::Next || use.turns == Turns::MirrorNext;
                    const std::int64_t weight =
                        inside ? weights[at(turn)] : std::min(weights[at(turn)], runs_[at(producer)].weight);
                    if (!tensor.next_step && reader <= producer)
                        throw std::logic_error("tensor " + tensor.name + " is read before it is there");
                    const Edge edge{static_cast<int>(t), tensor.next_step ? -1 : reader, use.node, weight};
                    if (!tensor.next_step) ++inputs_[at(reader)];
                    add_edge(producer, edge);
                }
            }
        }
    }
}

}  // namespace satsim::placement
