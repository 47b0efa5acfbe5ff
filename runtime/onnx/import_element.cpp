// Functions of single elements, sums and products of tensors.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/onnx/fusion.hpp"
#include "runtime/onnx/importer.hpp"

namespace satsim::importer {
namespace {

// Operator to function, where one is the other.
std::string function_of(const Node& node) {
    static const std::map<std::string, std::string> table = {{"Sigmoid", "sigmoid"},
                                                             {"Tanh", "tanh"},
                                                             {"HardSigmoid", "hardsigmoid"},
                                                             {"HardSwish", "hardswish"},
                                                             {"Elu", "elu"},
                                                             {"LeakyRelu", "leakyrelu"},
                                                             {"Selu", "selu"},
                                                             {"Celu", "celu"},
                                                             {"Softplus", "softplus"},
                                                             {"Exp", "exp"},
                                                             {"Log", "log"},
                                                             {"Sqrt", "sqrt"},
                                                             {"Reciprocal", "power"},
                                                             {"Neg", "affine"},
                                                             {"Abs", "clip"},
                                                             {"Erf", "power"}};
    return node.op == "Element" ? node.function : table.at(node.op);
}

// Extents of `b`'s axes as those of `a` have them: ranks are made equal by axes of extent 1 in front.
View with_rank(View view, int rank) {
    const int more = rank - view.rank();
    if (more <= 0) return view;
    for (int& axis : view.order) axis += more;
    view.dims.insert(view.dims.begin(), static_cast<std::size_t>(more), 1);
    for (int axis = more - 1; axis >= 0; --axis) view.order.insert(view.order.begin(), axis);
    return view;
}

// Runs of axes in memory, from the inside, along which b is as long as a or 1 throughout.
struct Run {
    std::int64_t extent = 1;
    bool full = true;
};
std::vector<Run> runs_of(const View& a, const View& b) {
    std::vector<Run> runs;
    const std::vector<int> memory = a.real_order();
    for (auto axis = memory.rbegin(); axis != memory.rend(); ++axis) {
        const bool full = b.extent(*axis) != 1;
        if (runs.empty() || runs.back().full != full) runs.push_back({1, full});
        runs.back().extent *= a.extent(*axis);
    }
    return runs;
}

// Has the channels of one image of `out`, and one position.
bool is_pooled(const View& view, const Dims& out) {
    return out.size() == 4 && out[0] == 1 && view.dims == Dims{1, out[1], 1, 1};
}

// b's extents beside a's of `shape`; nullopt where a run ends inside one of them.
std::optional<TensorShape> spread_shape(const std::vector<Run>& runs, const TensorShape& shape) {
    std::int64_t sides[3] = {shape.channels, shape.width, shape.height};
    std::size_t run = 0;
    std::int64_t left = runs.empty() ? 1 : runs[0].extent;
    for (std::int64_t& side : sides) {
        if (side == 1) continue;
        if (left == 1 && ++run < runs.size()) left = runs[run].extent;
        if (left % side != 0) return std::nullopt;
        left /= side;
        if (!runs[run].full) side = 1;
    }
    return make_shape(sides[0], sides[2], sides[1]);
}

}  // namespace

void Importer::unary(const Node& node, LayerKind kind, Fields fields) {
    View in = activation(node, 0);
    in.layer = emit(node, kind, {in.layer}, writer_.shape(in.layer), std::move(fields));
    in.loose = false;
    set(node, in);
}

void Importer::alias(const Node& node) {
    set(node, view(node, 0));
}

void Importer::element(const Node& node) {
    if (node.op == "Relu") return unary(node, LayerKind::Relu, {});
    const std::string function = function_of(node);
    if (function == "gelu") return unary(node, LayerKind::Gelu, {});
    unary(node, LayerKind::Activation, {{"function", function}});
}

void Importer::clip(const Node& node) {
    // Limits are attributes up to opset 10, inputs later.
    const auto limit = [&](std::size_t input, const char* name) -> std::optional<double> {
        if (const Constant* number = graph_.number(node, input);
            number != nullptr && number->values.size() == 1)
            return number->values[0];
        const auto* attribute = Graph::attribute(node, name);
        if (attribute != nullptr && attribute->has_f()) return static_cast<double>(attribute->f());
        return std::nullopt;
    };
    const std::optional<double> low = limit(1, "min");
    const std::optional<double> high = limit(2, "max");
    if (low == 0.0 && !high) return unary(node, LayerKind::Relu, {});
    unary(node, LayerKind::Activation, {{"function", low == 0.0 && high == 6.0 ? "relu6" : "clip"}});
}

void Importer::dropout(const Node& node) {
    const Constant* training = graph_.number(node, 2);
    const Constant* ratio = graph_.number(node, 1);
    const bool drops = training != nullptr && !training->values.empty() && training->values[0] != 0 &&
                       (ratio == nullptr || ratio->values.empty() || ratio->values[0] > 0);
    if (!drops) return alias(node);
    unary(node, LayerKind::Activation, {{"function", "dropout"}});
}

void Importer::softmax(const Node& node) {
    const View& in = activation(node, 0);
    const int axis = axis_of(node, Graph::integer(node, "axis", -1), in.rank());
    View rows = with_channels(node, in, axis);
    const bool log = node.op == "LogSoftmax";
    rows.layer = emit(node, log ? LayerKind::Activation : LayerKind::Softmax, {rows.layer},
                      writer_.shape(rows.layer), log ? Fields{{"function", "logsoftmax"}} : Fields::object());
    rows.loose = false;
    set(node, rows);
}

// A factor beside a product of activations is part of it, as 1/sqrt(d) of attention is.
void Importer::scale(const Node& node, std::size_t input) {
    const int from = node.inputs[input];
    const bool reciprocal = node.op == "Div" && input == 1;
    const bool factor = node.op == "Mul" || (node.op == "Div" && !reciprocal);
    if (factor && (product_made(from) || products_alone_read(node.outputs.front()))) {
        set(node, activation(node, input));
        return;
    }
    View in = activation(node, input);
    const char* function = node.op == "Pow" || reciprocal         ? "power"
                           : node.op == "Min" || node.op == "Max" ? "clip"
                                                                  : "affine";
    in.layer =
        emit(node, LayerKind::Activation, {in.layer}, writer_.shape(in.layer), {{"function", function}});
    in.loose = false;
    set(node, in);
}

void Importer::binary(const Node& node) {
    if (node.inputs.size() != 2) refuse(node, "combines other than two tensors, expected two");
    if (is_scalar(graph_, node.inputs[1])) return scale(node, 0);
    if (is_scalar(graph_, node.inputs[0])) return scale(node, 1);
    const bool sum = node.op == "Add" || node.op == "Sub";
    if (!sum && node.op != "Mul" && node.op != "Div")
        refuse(node, "combines two tensors, expected a constant number as the second");
    const int rank = static_cast<int>(out_dims(node).size());
    const View a = with_rank(view(node, 0), rank);
    const View b = with_rank(view(node, 1), rank);
    const bool first = a.constant < 0 && a.dims == out_dims(node);
    const LayerKind kind = sum ? LayerKind::Add : LayerKind::Mul;
    if (first) return combine(node, kind, a, b);
    if (b.constant < 0 && b.dims == out_dims(node)) return combine(node, kind, b, a);
    for (const auto& [pooled, other] : {std::pair(a, b), std::pair(b, a)}) {
        if (pooled.constant < 0 && is_pooled(pooled, out_dims(node)))
            return combine(node, kind, spread(node, pooled), other);
    }
    refuse(node, "spreads both of its tensors over the other, expected one of the result's shape");
}

// A map of one position, repeated at all positions of the node's output.
View Importer::spread(const Node& node, const View& pooled) {
    const Dims& out = out_dims(node);
    View result = moved(node, pooled, {0, 2, 3, 1});
    const LayerIndex from = in_shape(node, result, make_shape(out[1], 1, 1));
    const std::optional<TensorShape> shape = make_shape(out[1], out[2], out[3]);
    if (!shape) refuse(node, "has an output too large");
    result.layer = writer_.add(LayerKind::Resize, name_of(node) + ".spread", {from}, *shape,
                               {{"shape", {shape->channels, shape->height, shape->width}}});
    result.dims = out;
    result.loose = false;
    return result;
}

// `a` has the result's shape.
void Importer::combine(const Node& node, LayerKind kind, const View& a, const View& b) {
    View main = a;
    const std::vector<Run> runs = runs_of(main, b);
    std::optional<TensorShape> other = spread_shape(runs, writer_.shape(main.layer));
    if (!other && runs.size() <= 3) {
        const auto extent = [&](std::size_t i) { return i < runs.size() ? runs[i].extent : 1; };
        main.layer = in_shape(node, main, make_shape(extent(0), extent(2), extent(1)));
        other = spread_shape(runs, writer_.shape(main.layer));
    }
    if (!other) refuse(node, "spreads a tensor over axes that do not lie together in memory");
    LayerIndex second = -1;
    if (b.constant >= 0) {
        second = parameter(node, b.constant, *other, main.order);
    } else {
        // b's axes in the order of a's.
        std::vector<int> order = main.order;
        second = in_shape(node, moved(node, b, order), *other);
    }
    Fields fields = Fields::object();
    if (node.op == "Sub" || node.op == "Div") fields["comment"] = node.op;
    main.layer = emit(node, kind, {main.layer, second}, writer_.shape(main.layer), fields);
    main.loose = false;
    set(node, main);
}

}  // namespace satsim::importer
