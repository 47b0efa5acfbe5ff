#include <algorithm>
#include <array>
#include <map>

#include "runtime/onnx/fusion.hpp"

namespace satsim::importer {
namespace {

constexpr int kLongestChain = 12;
constexpr std::size_t kLargestRegion = 32;  // more than any activation function takes

// Nodes that together are a function of the elements of one value.
struct Region {
    int root = -1;
    std::vector<int> nodes;
};

class Activations {
  public:
    explicit Activations(Graph& graph) : graph_(graph) {}

    void fuse() {
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            if (graph_.nodes[i].skipped) continue;
            const int index = static_cast<int>(i);
            if (single(index) || !merge(index)) continue;
            const std::string function = function_of(regions_.at(node(index).outputs.front()).nodes);
            if (!function.empty()) replace(index, function);
        }
        hard_sigmoids();
        graph_.connect();
    }

  private:
    [[nodiscard]] const Node& node(int index) const { return graph_.nodes[static_cast<std::size_t>(index)]; }

    // A node that maps the elements of one value; remembers it as a region of its own.
    bool single(int index) {
        static constexpr std::array kUnary = {"Erf", "Tanh", "Sigmoid", "HardSigmoid", "Softplus", "Relu",
                                              "Exp", "Neg",  "Abs",     "Clip",        "Element"};
        static constexpr std::array kBinary = {"Add", "Sub", "Mul", "Div", "Pow", "Min", "Max"};
        const Node& n = node(index);
        const auto is = [&](const char* op) { return n.op == op; };
        int root = -1;
        if (std::any_of(kUnary.begin(), kUnary.end(), is) && !n.inputs.empty()) root = n.inputs[0];
        if (std::any_of(kBinary.begin(), kBinary.end(), is) && n.inputs.size() == 2) {
            if (is_scalar(graph_, n.inputs[1])) root = n.inputs[0];
            if (is_scalar(graph_, n.inputs[0])) root = n.inputs[1];
        }
        if (root < 0 || graph_.value(root).constant) return false;
        regions_[n.outputs.front()] = {root, {index}};
        return true;
    }

    // `value` and what it is a function of, nearest first.
    [[nodiscard]] std::vector<int> chain(int value) const {
        std::vector<int> values{value};
        while (static_cast<int>(values.size()) < kLongestChain) {
            const auto found = regions_.find(values.back());
            if (found == regions_.end()) break;
            values.push_back(found->second.root);
        }
        return values;
    }

    // A node of two operands that are functions of one value: remembers the region of all of them.
    bool merge(int index) {
        const Node& n = node(index);
        const bool combines = n.op == "Mul" || n.op == "Add" || n.op == "Sub" || n.op == "Div";
        if (!combines || n.inputs.size() != 2 || n.inputs[0] < 0 || n.inputs[1] < 0) return false;
        const std::vector<int> left = chain(n.inputs[0]);
        const std::vector<int> right = chain(n.inputs[1]);
        for (std::size_t i = 0; i < left.size(); ++i) {
            const auto common = std::find(right.begin(), right.end(), left[i]);
            if (common == right.end()) continue;
            Region region{left[i], {index}};
            add_nodes(region, {left.begin(), left.begin() + static_cast<std::ptrdiff_t>(i)});
            add_nodes(region, {right.begin(), common});
            if (region.nodes.size() > kLargestRegion || !closed(region)) return false;
            regions_[n.outputs.front()] = region;
            return true;
        }
        return false;
    }

    void add_nodes(Region& region, const std::vector<int>& values) const {
        for (const int value : values) {
            for (const int part : regions_.at(value).nodes) {
                if (std::find(region.nodes.begin(), region.nodes.end(), part) == region.nodes.end())
                    region.nodes.push_back(part);
            }
        }
    }

    // Nobody outside reads what the first node's region computes on the way.
    [[nodiscard]] bool closed(const Region& region) const {
        return std::all_of(region.nodes.begin() + 1, region.nodes.end(), [&](int part) {
            const Value& value = graph_.value(node(part).outputs.front());
            return !value.is_output &&
                   std::all_of(value.readers.begin(), value.readers.end(), [&](int reader) {
                       return std::find(region.nodes.begin(), region.nodes.end(), reader) !=
                              region.nodes.end();
                   });
        });
    }

    [[nodiscard]] std::string function_of(const std::vector<int>& parts) const {
        std::map<std::string, int> count;
        for (const int part : parts) ++count[node(part).op];
        const auto has = [&](const char* op) { return count.contains(op); };
        if (!has("Mul")) return "";
        if (has("Erf")) return "gelu";
        if (has("Tanh")) return has("Softplus") ? "mish" : count["Mul"] > 1 && has("Add") ? "gelu" : "";
        if (has("Sigmoid")) return "silu";
        if (has("HardSigmoid") || has("Clip")) return "hardswish";
        return "";
    }

    void replace(int index, const std::string& function) {
        const Region region = regions_.at(node(index).outputs.front());
        for (const int part : region.nodes) graph_.nodes[static_cast<std::size_t>(part)].skipped = true;
        // 0.5 of GELU and 1/6 of HardSwish may come last.
        int last = index;
        const int reader = graph_.only_reader(node(index).outputs.front());
        if (reader >= 0 && (function == "gelu" || function == "hardswish") &&
            (node(reader).op == "Mul" || node(reader).op == "Div") && single(reader)) {
            const Constant* factor = graph_.number(node(reader), 1);
            if (factor == nullptr) factor = graph_.number(node(reader), 0);
            const double by = factor == nullptr || factor->values.size() != 1 ? 0 : factor->values[0];
            const bool half = function == "gelu" && (node(reader).op == "Mul" ? by == 0.5 : by == 2);
            const bool sixth =
                function == "hardswish" && (node(reader).op == "Mul" ? by < 0.17 && by > 0.16 : by == 6);
            if (half || sixth) last = reader;
        }
        Node& whole = graph_.nodes[static_cast<std::size_t>(last)];
        whole.skipped = false;
        whole.op = "Element";
        whole.function = function;
        whole.inputs = {region.root};
        regions_[whole.outputs.front()] = {region.root, {last}};
    }

    // clip(x + 3, 0, 6) / 6
    void hard_sigmoids() {
        graph_.connect();
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            Node& clip = graph_.nodes[i];
            if (clip.skipped || clip.op != "Clip" || clip.inputs[0] < 0) continue;
            const int before = graph_.value(clip.inputs[0]).producer;
            const int after = graph_.only_reader(clip.outputs.front());
            if (before < 0 || after < 0 || graph_.only_reader(clip.inputs[0]) != static_cast<int>(i))
                continue;
            Node& add = graph_.nodes[static_cast<std::size_t>(before)];
            Node& divide = graph_.nodes[static_cast<std::size_t>(after)];
            const bool scales = divide.op == "Div" || divide.op == "Mul";
            if (add.skipped || add.op != "Add" || !scales || !single(before) || !single(after)) continue;
            const int root = regions_.at(add.outputs.front()).root;
            add.skipped = clip.skipped = true;
            divide.op = "Element";
            divide.function = "hardsigmoid";
            divide.inputs = {root};
            graph_.connect();
        }
    }

    Graph& graph_;
    std::map<int, Region> regions_;  // by the value that a region ends in
};

}  // namespace

void fuse_activations(Graph& graph) {
    Activations(graph).fuse();
}

}  // namespace satsim::importer
