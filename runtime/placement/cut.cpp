#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/boykov_kolmogorov_max_flow.hpp>

#include "runtime/placement/search.hpp"

namespace satsim::placement {
namespace {

constexpr double kForbidden = 1e30;  // beyond every sum of real costs

// A flow network whose smallest cut is a choice between two sides for every vertex.
class CutNetwork {
  public:
    explicit CutNetwork(std::size_t vertices)
        : graph_(vertices + 2), source_(vertices), sink_(vertices + 1) {}

    std::size_t add_vertex() { return boost::add_vertex(graph_); }
    // Paid when `from` is on the source's side and `to` on the sink's.
    void add_edge(std::size_t from, std::size_t to, double cost) {
        if (cost <= 0) return;
        const auto there = boost::add_edge(from, to, graph_).first;
        const auto back = boost::add_edge(to, from, graph_).first;
        boost::get(boost::edge_capacity, graph_)[there] = cost;
        boost::get(boost::edge_capacity, graph_)[back] = 0;
        boost::get(boost::edge_reverse, graph_)[there] = back;
        boost::get(boost::edge_reverse, graph_)[back] = there;
    }
    // Costs of the two sides.
    void add_choice(std::size_t vertex, double on_source, double on_sink) {
        const double common = std::min(on_source, on_sink);
        add_edge(source_, vertex, on_sink - common);
        add_edge(vertex, sink_, on_source - common);
    }
    // Of each vertex, whether it is on the sink's side.
    std::vector<bool> cut() {
        boost::boykov_kolmogorov_max_flow(graph_, source_, sink_);
        const auto color = boost::get(boost::vertex_color, graph_);
        std::vector<bool> on_sink(boost::num_vertices(graph_));
        const auto black = boost::color_traits<boost::default_color_type>::black();
        for (std::size_t v = 0; v < on_sink.size(); ++v) on_sink[v] = color[v] != black;
        return on_sink;
    }

  private:
    using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
    using Edges =
        boost::property<boost::edge_capacity_t, double,
                        boost::property<boost::edge_residual_capacity_t, double,
                                        boost::property<boost::edge_reverse_t, Traits::edge_descriptor>>>;
    using Vertices = boost::property<
        boost::vertex_color_t, boost::default_color_type,
        boost::property<boost::vertex_distance_t, long,
                        boost::property<boost::vertex_predecessor_t, Traits::edge_descriptor>>>;
    boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, Vertices, Edges> graph_;
    std::size_t source_;
    std::size_t sink_;
};

// How often a step moves the tensor if the reader is elsewhere.
double moves_of(const Graph& graph, const Tensor& tensor, const Use& use) {
    const std::int64_t parts = tensor.next_step ? 1 : graph.micro_batches;
    switch (use.turns) {
        case Turns::Same:
        case Turns::Mirror:
            return static_cast<double>(parts * graph.turns_of(use.node));
        case Turns::Next:
        case Turns::MirrorNext:
            return static_cast<double>(parts * (graph.turns_of(use.node) - 1));
        case Turns::First:
        case Turns::MirrorFirst:
        case Turns::Last:
            break;
    }
    return static_cast<double>(parts);
}

class Cutter {
  public:
    Cutter(const Problem& problem, double time_weight, double energy_weight)
        : problem_(problem), time_weight_(time_weight), energy_weight_(energy_weight) {}

    Assignment run() { return problem_.machines.size() == 2 ? between_two() : by_expansion(); }

  private:
    [[nodiscard]] std::size_t nodes() const { return problem_.graph.nodes.size(); }

    [[nodiscard]] double node_cost(std::size_t node, int machine) const {
        if (!problem_.can_run(static_cast<int>(node), machine)) return kForbidden;
        const auto runs = static_cast<double>(problem_.graph.runs_of(static_cast<int>(node)));
        const auto m = static_cast<std::size_t>(machine);
        return runs * (time_weight_ * problem_.seconds[node][m] + energy_weight_ * problem_.joules[node][m]);
    }

    [[nodiscard]] double move_cost(const Tensor& tensor, double moves, int from, int to) const {
        const Passage once = passage(problem_, tensor.bytes, from, to);
        return moves * (time_weight_ * once.seconds + energy_weight_ * once.joules);
    }

    // A tensor moves once, however many of its readers are on the other side: a vertex of its own for each
    // direction.
    Assignment between_two() {
        CutNetwork network(nodes());
        for (std::size_t n = 0; n < nodes(); ++n) network.add_choice(n, node_cost(n, 0), node_cost(n, 1));
        for (const Tensor& tensor : problem_.graph.tensors) {
            if (tensor.uses.empty()) continue;
            double moves = 0;
            for (const Use& use : tensor.uses) moves = std::max(moves, moves_of(problem_.graph, tensor, use));
            const auto producer = static_cast<std::size_t>(tensor.producer);
            const std::size_t there = network.add_vertex();
            const std::size_t back = network.add_vertex();
            network.add_edge(producer, there, move_cost(tensor, moves, 0, 1));
            network.add_edge(back, producer, move_cost(tensor, moves, 1, 0));
            for (const Use& use : tensor.uses) {
                network.add_edge(there, static_cast<std::size_t>(use.node), kForbidden);
                network.add_edge(static_cast<std::size_t>(use.node), back, kForbidden);
            }
        }
        const std::vector<bool> second = network.cut();
        Assignment assignment(nodes());
        for (std::size_t n = 0; n < nodes(); ++n) assignment[n] = second[n] ? 1 : 0;
        return assignment;
    }

    // Each move lets any nodes change to one machine; the costs of transfers are a metric, so the best such
    // change is a cut. Every reader pays for itself here.
    Assignment by_expansion() {
        Assignment assignment = all_on(problem_, 0, Objective::Time);
        constexpr int kRounds = 5;
        for (int round = 0; round < kRounds; ++round) {
            const Assignment before = assignment;
            for (std::size_t m = 0; m < problem_.machines.size(); ++m)
                expand(static_cast<int>(m), assignment);
            if (assignment == before) break;
        }
        return assignment;
    }

    void expand(int machine, Assignment& assignment) {
        CutNetwork network(nodes());
        std::vector<double> keep(nodes());
        std::vector<double> change(nodes());
        for (std::size_t n = 0; n < nodes(); ++n) {
            keep[n] = node_cost(n, assignment[n]);
            change[n] = node_cost(n, machine);
        }
        for (const Tensor& tensor : problem_.graph.tensors) {
            for (const Use& use : tensor.uses) {
                const auto from = static_cast<std::size_t>(tensor.producer);
                const auto to = static_cast<std::size_t>(use.node);
                if (from == to) continue;
                const double moves = moves_of(problem_.graph, tensor, use);
                const double stay = move_cost(tensor, moves, assignment[from], assignment[to]);
                const double reader_moves = move_cost(tensor, moves, assignment[from], machine);
                const double maker_moves = move_cost(tensor, moves, machine, assignment[to]);
                change[from] += maker_moves - stay;
                change[to] -= maker_moves;
                keep[from] += stay;
                change[from] += stay;
                network.add_edge(from, to, reader_moves + maker_moves - stay);
            }
        }
        for (std::size_t n = 0; n < nodes(); ++n) network.add_choice(n, keep[n], change[n]);
        const std::vector<bool> moved = network.cut();
        for (std::size_t n = 0; n < nodes(); ++n)
            if (moved[n] && problem_.can_run(static_cast<int>(n), machine)) assignment[n] = machine;
    }

    const Problem& problem_;
    double time_weight_;
    double energy_weight_;
};

}  // namespace

Assignment search_cut(const Problem& problem, double time_weight, double energy_weight) {
    return Cutter(problem, time_weight, energy_weight).run();
}

}  // namespace satsim::placement
