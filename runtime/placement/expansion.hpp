// A graph with its turns and micro-batches written out: what the event simulation and the lower bound walk.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/placement/graph.hpp"

namespace satsim::placement {

// One run of a node. `weight`: how many turns it stands for where a long loop is shortened.
struct Run {
    int node = 0;
    int turn = 0;
    int micro_batch = 0;
    std::int64_t weight = 1;
};

// A run that reads what another run left. `weight`: transfers that it stands for.
struct Edge {
    int tensor = 0;  // -1: none moves, the reader only comes later
    int reader = 0;  // run; -1: the next step's, on the machine of `node`
    int node = 0;
    std::int64_t weight = 1;
};

enum class Length {
    Whole,
    Short  // loops of more than three turns as a first, a middle one that stands for the rest, and a last
};

class Expansion {
  public:
    Expansion(const Graph& graph, Length length);
    [[nodiscard]] const std::vector<Run>& runs() const { return runs_; }  // in program order
    // What the runs after `run` read of it.
    [[nodiscard]] std::span<const Edge> edges_of(int run) const {
        const std::size_t begin = first_edge_[static_cast<std::size_t>(run)];
        return std::span(edges_).subspan(begin, first_edge_[static_cast<std::size_t>(run) + 1] - begin);
    }
    // How many edges end at each run.
    [[nodiscard]] const std::vector<int>& inputs() const { return inputs_; }
    [[nodiscard]] const std::vector<int>& runs_of_micro_batches() const { return micro_batch_runs_; }

    // Turns of all micro-batches that the node's runs stand for.
    [[nodiscard]] std::int64_t weight_of(int node) const {
        return node_weight_[static_cast<std::size_t>(node)];
    }

    // Runs of `graph` written out, without building anything.
    [[nodiscard]] static std::int64_t size_of(const Graph& graph);

  private:
    void add_runs(const Graph& graph);
    void add_edges(const Graph& graph);
    void add_order(const std::vector<int>& producers, int turns, int micro_batches);
    void add_edge(int producer, const Edge& edge) {
        drawn_[static_cast<std::size_t>(producer)].push_back(edge);
    }
    void lay_out_edges();

    Length length_;
    std::vector<Run> runs_;
    std::vector<std::int64_t> node_weight_;
    std::vector<std::vector<Edge>> drawn_;  // of each run, while they are added
    std::vector<Edge> edges_;               // then one run's behind another's
    std::vector<std::size_t> first_edge_;   // of each run, and their number
    std::vector<int> inputs_;
    std::vector<int> micro_batch_runs_;
    std::vector<std::vector<std::int64_t>> weights_;  // of the turns of each loop
    std::vector<std::vector<int>> first_;             // [node][micro-batch * turns + turn]
};

}  // namespace satsim::placement
