#include "runtime/synth/timing.hpp"

#include <algorithm>

#include "runtime/support/error.hpp"
#include "runtime/synth/timing_graph.hpp"

namespace satsim::synth {
namespace {

constexpr double kNone = -1;

// The longest way from a beginning to a node, or from a node to an end.
struct Reach {
    double ns = kNone;
    int levels = 0;
    int name = -1;
};

bool longer(double ns, int levels, const Reach& than) {
    return ns > than.ns || (ns == than.ns && levels > than.levels);
}

class Analysis {
  public:
    Analysis(const Netlist& netlist, const Delays& delays, const BlockTimings& blocks, std::string name)
        : netlist_(netlist),
          delays_(delays),
          graph_(build_graph(netlist, delays, blocks)),
          name_(std::move(name)) {
        const auto nodes = static_cast<std::size_t>(graph_.nodes);
        first_.assign(nodes + 1, 0);
        for (const Edge& edge : graph_.edges) ++first_[static_cast<std::size_t>(edge.from) + 1];
        for (std::size_t i = 0; i < nodes; ++i) first_[i + 1] += first_[i];
        sort();
        from_registers();
        to_registers();
    }

    BlockTiming run() {
        longest_inside();
        for (const Port& port : netlist_.ports) {
            for (std::size_t i = 0; i < port.bits.size(); ++i) {
                if (port.bits[i] != kConstant) port_bit(port, i, static_cast<std::size_t>(port.bits[i]));
            }
        }
        ways_through();
        return std::move(timing_);
    }

  private:
    template <typename Visit>
    void each_edge(std::size_t node, Visit visit) const {
        for (std::size_t i = first_[node]; i < first_[node + 1]; ++i) visit(graph_.edges[i]);
    }

    void sort() {
        std::vector<int> incoming(static_cast<std::size_t>(graph_.nodes), 0);
        for (const Edge& edge : graph_.edges) ++incoming[static_cast<std::size_t>(edge.to)];
        order_.reserve(incoming.size());
        for (std::size_t node = 0; node < incoming.size(); ++node) {
            if (incoming[node] == 0) order_.push_back(node);
        }
        for (std::size_t at = 0; at < order_.size(); ++at) {
            each_edge(order_[at], [&](const Edge& edge) {
                if (--incoming[static_cast<std::size_t>(edge.to)] == 0)
                    order_.push_back(static_cast<std::size_t>(edge.to));
            });
        }
        if (order_.size() == incoming.size()) return;
        const auto stuck = std::find_if(incoming.begin(), incoming.end(), [](int n) { return n > 0; });
        throw InputError(name_, "",
                         "has a combinational loop at or before " +
                             netlist_.name_of(static_cast<int>(stuck - incoming.begin()), "an unnamed net"));
    }

    void from_registers() {
        arrival_.assign(static_cast<std::size_t>(graph_.nodes), {});
        for (const Terminal& launch : graph_.launches) {
            Reach& reach = arrival_[static_cast<std::size_t>(launch.node)];
            if (longer(launch.ns, launch.levels, reach)) reach = {launch.ns, launch.levels, launch.name};
        }
        for (const std::size_t node : order_) {
            const Reach at = arrival_[node];
            if (at.ns == kNone) continue;
            each_edge(node, [&](const Edge& edge) {
                Reach& reach = arrival_[static_cast<std::size_t>(edge.to)];
                if (longer(at.ns + edge.ns, at.levels + edge.levels, reach))
                    reach = {at.ns + edge.ns, at.levels + edge.levels, at.name};
            });
        }
    }

    void to_registers() {
        required_.assign(static_cast<std::size_t>(graph_.nodes), {});
        for (const Terminal& sink : graph_.sinks) {
            Reach& reach = required_[static_cast<std::size_t>(sink.node)];
            if (longer(sink.ns, sink.levels, reach)) reach = {sink.ns, sink.levels, sink.name};
        }
        for (auto node = order_.rbegin(); node != order_.rend(); ++node) {
            Reach& reach = required_[*node];
            each_edge(*node, [&](const Edge& edge) {
                const Reach& next = required_[static_cast<std::size_t>(edge.to)];
                if (next.ns != kNone && longer(next.ns + edge.ns, next.levels + edge.levels, reach))
                    reach = {next.ns + edge.ns, next.levels + edge.levels, next.name};
            });
        }
    }

    [[nodiscard]] const std::string& text(int name) const {
        return graph_.names[static_cast<std::size_t>(name)];
    }
    // The register that is thought at every port.
    [[nodiscard]] double outside_launch() const { return delays_.register_clock_to_out.value; }
    [[nodiscard]] double outside_sink() const { return delays_.net.value + delays_.register_setup.value; }

    void offer(double ns, int levels, const std::string& from, const std::string& to) {
        const double whole = ns + delays_.clock_uncertainty.value;
        if (whole > timing_.longest.ns) timing_.longest = {whole, levels, from, to};
    }

    void longest_inside() {
        const Terminal* worst = nullptr;
        double most = kNone;
        for (const Terminal& sink : graph_.sinks) {
            const Reach& at = arrival_[static_cast<std::size_t>(sink.node)];
            if (at.ns == kNone || at.ns + sink.ns <= most) continue;
            most = at.ns + sink.ns;
            worst = &sink;
        }
        if (worst == nullptr) return;
        const Reach& at = arrival_[static_cast<std::size_t>(worst->node)];
        offer(most, at.levels + worst->levels, text(at.name), text(worst->name));
    }

    void port_bit(const Port& port, std::size_t index, std::size_t node) {
        const std::string bit = bit_name(port.name, index);
        if (port.output) {
            const Reach& at = arrival_[node];
            if (at.ns == kNone) return;
            timing_.launch[bit] = {at.ns, at.levels, text(at.name)};
            offer(at.ns + outside_sink(), at.levels, text(at.name), "port " + bit);
        } else {
            const Reach& to = required_[node];
            if (to.ns == kNone) return;
            timing_.setup[bit] = {to.ns, to.levels, text(to.name)};
            offer(to.ns + outside_launch(), to.levels, "port " + bit, text(to.name));
        }
    }

    // From every input that reaches an output without a register, the longest way to each.
    void ways_through() {
        const auto nodes = static_cast<std::size_t>(graph_.nodes);
        std::vector<char> leads_out(nodes, 0);
        std::vector<std::vector<std::string>> outputs(nodes);
        for (const Port& port : netlist_.ports) {
            for (std::size_t i = 0; port.output && i < port.bits.size(); ++i) {
                if (port.bits[i] == kConstant) continue;
                leads_out[static_cast<std::size_t>(port.bits[i])] = 1;
                outputs[static_cast<std::size_t>(port.bits[i])].push_back(bit_name(port.name, i));
            }
        }
        std::vector<std::size_t> place(nodes);
        for (std::size_t i = order_.size(); i-- > 0;) {
            place[order_[i]] = i;
            each_edge(order_[i], [&](const Edge& edge) {
                if (leads_out[static_cast<std::size_t>(edge.to)] != 0) leads_out[order_[i]] = 1;
            });
        }
        std::vector<Reach> reach(nodes);
        for (const Port& port : netlist_.ports) {
            for (std::size_t i = 0; !port.output && i < port.bits.size(); ++i) {
                if (port.bits[i] == kConstant || leads_out[static_cast<std::size_t>(port.bits[i])] == 0)
                    continue;
                ways_from(bit_name(port.name, i), static_cast<std::size_t>(port.bits[i]), leads_out, outputs,
                          place, reach);
            }
        }
    }

    void ways_from(const std::string& input, std::size_t start, const std::vector<char>& leads_out,
                   const std::vector<std::vector<std::string>>& outputs,
                   const std::vector<std::size_t>& place, std::vector<Reach>& reach) {
        std::vector<std::size_t> cone{start};
        reach[start] = {0, 0, 0};
        for (std::size_t at = 0; at < cone.size(); ++at) {
            each_edge(cone[at], [&](const Edge& edge) {
                const auto to = static_cast<std::size_t>(edge.to);
                if (leads_out[to] == 0 || reach[to].name == 0) return;
                reach[to].name = 0;  // seen
                cone.push_back(to);
            });
        }
        std::sort(cone.begin(), cone.end(),
                  [&](std::size_t a, std::size_t b) { return place[a] < place[b]; });
        for (const std::size_t node : cone) {
            const Reach at = reach[node];
            each_edge(node, [&](const Edge& edge) {
                Reach& to = reach[static_cast<std::size_t>(edge.to)];
                if (to.name == 0 && longer(at.ns + edge.ns, at.levels + edge.levels, to))
                    to = {at.ns + edge.ns, at.levels + edge.levels, 0};
            });
            for (const std::string& output : outputs[node]) {
                timing_.through.push_back({input, output, at.ns, at.levels});
                offer(outside_launch() + at.ns + outside_sink(), at.levels, "port " + input,
                      "port " + output);
            }
        }
        for (const std::size_t node : cone) reach[node] = {};
    }

    const Netlist& netlist_;
    const Delays& delays_;
    TimingGraph graph_;
    std::string name_;
    std::vector<std::size_t> first_;  // edges of a node
    std::vector<std::size_t> order_;  // topological
    std::vector<Reach> arrival_;      // from registers
    std::vector<Reach> required_;     // to registers
    BlockTiming timing_;
};

}  // namespace

BlockTiming analyse(const Netlist& netlist, const Delays& delays, const BlockTimings& blocks,
                    const std::string& name) {
    return Analysis(netlist, delays, blocks, name).run();
}

}  // namespace satsim::synth
