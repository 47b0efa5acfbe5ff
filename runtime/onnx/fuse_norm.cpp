#include <algorithm>

#include "runtime/onnx/fusion.hpp"

namespace satsim::importer {
namespace {

class LayerNormPattern {
  public:
    LayerNormPattern(Graph& graph, int mean) : graph_(graph), mean_(mean) {}

    void apply() {
        if (!match()) return;
        Node& last = graph_.nodes[static_cast<std::size_t>(parts_.back())];
        const Dims axes = axes_of(mean_);
        for (const int part : parts_) graph_.nodes[static_cast<std::size_t>(part)].skipped = true;
        last.skipped = false;
        last.op = "LayerNormalization";
        last.axes = axes;
        last.inputs = {x_, scale_, shift_};
        graph_.connect();
    }

  private:
    [[nodiscard]] const Node& node(int index) const { return graph_.nodes[static_cast<std::size_t>(index)]; }
    [[nodiscard]] static int output(const Node& n) { return n.outputs.front(); }

    [[nodiscard]] Dims axes_of(int index) const {
        Dims axes = Graph::integers(node(index), "axes");
        const auto rank = static_cast<std::int64_t>(graph_.value(node(index).inputs[0]).dims.size());
        for (std::int64_t& axis : axes) axis += axis < 0 ? rank : 0;
        std::sort(axes.begin(), axes.end());
        return axes;
    }

    // The only reader of `value` when it is one of `op`; -1 otherwise.
    [[nodiscard]] int next(int value, std::string_view op) const {
        const int reader = graph_.only_reader(value);
        return reader >= 0 && node(reader).op == op ? reader : -1;
    }

    // The operand of a node of two that is not `value`.
    [[nodiscard]] int other(int index, int value) const {
        const Node& n = node(index);
        if (n.inputs.size() != 2) return -1;
        return n.inputs[0] == value ? n.inputs[1] : n.inputs[0];
    }

    bool step(int index) {
        if (index >= 0) parts_.push_back(index);
        return index >= 0;
    }

    bool match() {
        if (node(mean_).inputs.empty() || node(mean_).inputs[0] < 0 ||
            Graph::integer(node(mean_), "keepdims", 1) != 1)
            return false;
        x_ = node(mean_).inputs[0];
        parts_ = {mean_};
        const int sub = next(output(node(mean_)), "Sub");
        if (!step(sub) || node(sub).inputs != std::vector<int>{x_, output(node(mean_))}) return false;
        const int centred = output(node(sub));
        if (!step(square_of(centred))) return false;
        const int variance = next(output(node(parts_.back())), "ReduceMean");
        if (!step(variance) || axes_of(variance) != axes_of(mean_)) return false;
        if (!step(next(output(node(variance)), "Add")) || !step(next(output(node(parts_.back())), "Sqrt")))
            return false;
        int divisor = output(node(parts_.back()));
        const int reciprocal = next(divisor, "Reciprocal");
        if (reciprocal >= 0) {
            parts_.push_back(reciprocal);
            divisor = output(node(reciprocal));
        }
        const int divide = next(divisor, reciprocal >= 0 ? "Mul" : "Div");
        if (!step(divide) || other(divide, divisor) != centred || node(divide).inputs.back() != divisor)
            return false;
        // The centred values have no reader beside the square and the division.
        for (const int reader : graph_.value(centred).readers) {
            if (std::find(parts_.begin(), parts_.end(), reader) == parts_.end()) return false;
        }
        if (graph_.value(centred).is_output) return false;
        scale_ = affine("Mul");
        if (scale_ >= 0) shift_ = affine("Add");
        return true;
    }

    [[nodiscard]] int square_of(int value) const {
        for (const int reader : graph_.value(value).readers) {
            const Node& n = node(reader);
            const Constant* power = n.op == "Pow" ? graph_.number(n, 1) : nullptr;
            if (power != nullptr && power->values == std::vector<double>{2}) return reader;
            if (n.op == "Mul" && n.inputs == std::vector<int>{value, value}) return reader;
        }
        return -1;
    }

    // A trained operand that the pattern so far is combined with; -1 when there is none.
    int affine(std::string_view op) {
        const int value = output(node(parts_.back()));
        const int reader = next(value, op);
        const int operand = reader < 0 ? -1 : other(reader, value);
        if (operand < 0 || !graph_.value(operand).constant || is_scalar(graph_, operand)) return -1;
        if (graph_.value(output(node(reader))).dims != graph_.value(x_).dims) return -1;
        parts_.push_back(reader);
        return operand;
    }

    Graph& graph_;
    int mean_;
    int x_ = -1;
    int scale_ = -1;
    int shift_ = -1;
    std::vector<int> parts_;
};

}  // namespace

bool is_scalar(const Graph& graph, int value) {
    if (value < 0) return false;
    const Value& found = graph.value(value);
    // torch.onnx names what it folded itself onnx::<operator>_<number>.
    return found.constant && element_count(found.dims) == 1 &&
           (found.trained.empty() || found.name.starts_with("onnx::"));
}

void fuse_layer_norms(Graph& graph) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        if (graph.nodes[i].op == "ReduceMean" && !graph.nodes[i].skipped)
            LayerNormPattern(graph, static_cast<int>(i)).apply();
    }
}

void fuse_group_norms(Graph& graph) {
    for (Node& norm : graph.nodes) {
        if (norm.skipped || norm.op != "InstanceNormalization" || norm.inputs.empty() || norm.inputs[0] < 0)
            continue;
        const int before = graph.value(norm.inputs[0]).producer;
        const int after = graph.only_reader(norm.outputs.front());
        if (before < 0 || after < 0 || graph.value(norm.inputs[0]).readers.size() != 1) continue;
        Node& apart = graph.nodes[static_cast<std::size_t>(before)];
        Node& together = graph.nodes[static_cast<std::size_t>(after)];
        if (apart.op != "Reshape" || together.op != "Reshape" || apart.skipped || apart.inputs[0] < 0 ||
            graph.value(norm.inputs[0]).dims.size() < 2)
            continue;
        const Value& whole = graph.value(apart.inputs[0]);
        if (whole.constant || whole.dims != graph.value(together.outputs.front()).dims ||
            whole.dims.size() < 2)
            continue;
        norm.axes = {graph.value(norm.inputs[0]).dims[1]};
        norm.inputs = {apart.inputs[0]};
        norm.outputs = together.outputs;
        apart.skipped = together.skipped = true;
        graph.connect();
    }
}

namespace {

// How far from the end of its result's axes a product of a constant matrix has that matrix' features; 0: at
// none where a bias would be looked for.
std::size_t features_of(const Graph& graph, const Node& node) {
    const bool left = node.inputs[0] >= 0 && graph.value(node.inputs[0]).constant;
    if (node.op == "MatMul") return left ? 2 : 1;
    std::string equation = Graph::text(node, "equation", "");
    std::erase(equation, ' ');
    const std::size_t comma = equation.find(',');
    const std::size_t arrow = equation.find("->");
    if (comma == std::string::npos || arrow == std::string::npos || comma > arrow) return 0;
    const std::string matrix =
        left ? equation.substr(0, comma) : equation.substr(comma + 1, arrow - comma - 1);
    return matrix.find(equation.back()) != std::string::npos ? 1 : 0;
}

}  // namespace

void fuse_biases(Graph& graph) {
    for (Node& node : graph.nodes) {
        const bool product = node.op == "MatMul" || node.op == "Einsum";
        if (node.skipped || !(product || node.op == "Conv" || node.op == "ConvTranspose") ||
            node.inputs.size() != 2 || node.inputs[1] < 0)
            continue;
        const Value& out = graph.value(node.outputs.front());
        const bool weighted = graph.value(node.inputs[1]).constant ||
                              (product && node.inputs[0] >= 0 && graph.value(node.inputs[0]).constant);
        const int reader = graph.only_reader(node.outputs.front());
        if (!weighted || reader < 0 || out.dims.size() < 2) continue;
        Node& add = graph.nodes[static_cast<std::size_t>(reader)];
        if (add.op != "Add" || add.inputs.size() != 2) continue;
        const int operand = add.inputs[0] == node.outputs.front() ? add.inputs[1] : add.inputs[0];
        if (operand < 0 || !graph.value(operand).constant || is_scalar(graph, operand)) continue;
        // One value a channel, on the channels' axis.
        const Dims& dims = graph.value(operand).dims;
        const std::size_t from_end = product ? features_of(graph, node) : out.dims.size() - 1;
        if (from_end == 0) continue;
        const std::int64_t channels = out.dims[out.dims.size() - from_end];
        if (dims.size() < from_end || dims[dims.size() - from_end] != channels ||
            element_count(dims) != channels || graph.value(add.outputs.front()).dims != out.dims)
            continue;
        node.bias = operand;
        node.outputs = add.outputs;
        add.skipped = true;
        graph.connect();
    }
}

}  // namespace satsim::importer
