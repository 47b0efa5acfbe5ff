// Matrix products: of activations with trained weights, and of activations with each other.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/onnx/importer.hpp"

namespace satsim::importer {

std::optional<TensorView> Importer::whole_matrix(int weights, const std::vector<int>& axes) const {
    const std::optional<TensorView> view = tensor_view(graph_, weights);
    if (!view || view->dims.size() != 2 || axes.size() != 2) return std::nullopt;
    return view->transposed(axes);
}

LayerIndex Importer::owner_of(const Matrix& matrix) const {
    const std::optional<TensorView> own = whole_matrix(matrix.weights, matrix.axes);
    if (!own || matrix.bias >= 0 || !matrix.refused.empty()) return -1;
    for (const auto& [layer, other] : matrices_) {
        if (other.initializer == own->initializer && other.offset == own->offset && other.dims == own->dims &&
            other.strides == own->strides)
            return layer;
    }
    return -1;
}

// `axis` of `in` is multiplied with a trained matrix, to `out` features.
void Importer::linear(const Node& node, const View& in, int axis, const Matrix& matrix, std::int64_t out) {
    const LayerIndex owner = owner_of(matrix);
    if (owner < 0) use_weights(node, matrix.weights);
    use_weights(node, matrix.bias);
    View result = with_channels(node, in, axis);
    TensorShape shape = writer_.shape(result.layer);
    shape.channels = out;
    Fields fields = {{"out", out}};
    if (matrix.bias >= 0) fields["bias"] = true;
    if (owner >= 0) fields["tied"] = writer_.name_of(owner);
    result.layer = emit(node, LayerKind::Linear, {result.layer}, shape, fields);
    if (owner < 0 && matrix.refused.empty()) {
        if (std::optional<TensorView> own = whole_matrix(matrix.weights, matrix.axes))
            matrices_.emplace_back(result.layer, std::move(*own));
    }
    keep(result.layer, "weight", matrix.weights, matrix.axes, matrix.refused);
    keep(result.layer, "bias", matrix.bias, {}, matrix.refused);
    result.dims[static_cast<std::size_t>(axis)] = out;
    result.loose = false;
    set(node, result);
}

void Importer::gemm(const Node& node) {
    const View& in = activation(node, 0);
    const View& weights = view(node, 1);
    if (Graph::integer(node, "transA", 0) != 0 || in.rank() != 2 || weights.rank() != 2)
        refuse(node, "multiplies other than rows of activations with a trained matrix");
    const auto factor = [&](const char* name) {
        const auto* given = Graph::attribute(node, name);
        return given != nullptr && given->has_f() ? given->f() : 1;
    };
    const bool turned = Graph::integer(node, "transB", 0) != 0;
    Matrix matrix{node.inputs[1], turned ? std::vector{1, 0} : std::vector{0, 1}};
    if (node.inputs.size() > 2) matrix.bias = node.inputs[2];
    if (factor("alpha") != 1 || (matrix.bias >= 0 && factor("beta") != 1))
        matrix.refused = "is multiplied by Gemm's alpha or beta";
    linear(node, in, 1, matrix, out_dims(node)[1]);
}

void Importer::matmul(const Node& node) {
    const View& a = view(node, 0);
    const View& b = view(node, 1);
    if (a.constant >= 0 && b.constant < 0) {
        if (a.rank() != 2)
            refuse(node, fmt::format("has a constant operand of {} axes, expected a matrix", a.rank()));
        if (b.rank() < 2)
            refuse(node,
                   fmt::format("multiplies a matrix by a tensor of {} axes, expected at least 2", b.rank()));
        // Columns of the second operand are multiplied: a linear layer over its rows.
        linear(node, activation(node, 1), b.rank() - 2, {node.inputs[0], {1, 0}, node.bias}, a.dims[0]);
        return;
    }
    if (b.constant >= 0) {
        if (b.rank() != 2)
            refuse(node, fmt::format("has a constant operand of {} axes, expected a matrix", b.rank()));
        linear(node, activation(node, 0), a.rank() - 1, {node.inputs[1], {0, 1}, node.bias}, b.dims[1]);
        return;
    }
    const int rank = a.rank();
    if (rank < 2 || b.rank() != rank)
        refuse(node, "multiplies tensors of different ranks, expected equal ones");
    Operand left{activation(node, 0), {}, {rank - 2}, {rank - 1}};
    Operand right{activation(node, 1), {}, {rank - 1}, {rank - 2}};
    for (int axis = 0; axis < rank - 2; ++axis) {
        if (a.extent(axis) != b.extent(axis))
            refuse(node, "spreads matrices of one operand over the other, expected as many of both");
        left.batch.push_back(axis);
        right.batch.push_back(axis);
    }
    product(node, left, right);
}

// Two operands whose labels are batch (in both and the result), reduced (in both) or of one operand alone.
void Importer::einsum(const Node& node) {
    std::string equation;
    for (const char c : Graph::text(node, "equation", "")) {
        if (c != ' ') equation += c;
    }
    const std::size_t comma = equation.find(',');
    const std::size_t arrow = equation.find("->");
    if (node.inputs.size() != 2 || comma == std::string::npos || arrow == std::string::npos ||
        comma > arrow || equation.find('.') != std::string::npos)
        refuse(node, "has an equation of other than two operands and a result");
    const std::string x = equation.substr(0, comma);
    const std::string y = equation.substr(comma + 1, arrow - comma - 1);
    const std::string z = equation.substr(arrow + 2);
    Operand a{view(node, 0), {}, {}, {}};
    Operand b{view(node, 1), {}, {}, {}};
    if (a.view.rank() != std::ssize(x) || b.view.rank() != std::ssize(y) ||
        std::ssize(z) != std::ssize(out_dims(node)))
        refuse(node, "has an equation that does not fit its operands");
    const auto find = [](const std::string& text, char c) {
        const std::size_t at = text.find(c);
        return at == std::string::npos ? -1 : static_cast<int>(at);
    };
    for (const char c : z) {
        const int ia = find(x, c);
        const int ib = find(y, c);
        if (ia < 0 && ib < 0) refuse(node, "has a result with an axis that no operand has");
        if (ia >= 0 && ib >= 0) {
            a.batch.push_back(ia);
            b.batch.push_back(ib);
        } else {
            (ia >= 0 ? a : b).own.push_back(ia >= 0 ? ia : ib);
        }
    }
    for (const char c : x) {
        if (find(z, c) >= 0) continue;
        if (find(y, c) < 0) refuse(node, "sums over an axis of one operand alone, expected one of both");
        a.reduced.push_back(find(x, c));
        b.reduced.push_back(find(y, c));
    }
    const std::size_t used = a.batch.size() + b.own.size() + b.reduced.size();
    if (used != y.size() || a.batch.size() + a.own.size() + a.reduced.size() != x.size())
        refuse(node, "names an axis twice, or sums over one of one operand alone");
    const bool left = a.view.constant >= 0;
    if (!left && b.view.constant < 0)
        return product(node, {activation(node, 0), a.batch, a.own, a.reduced}, b);
    const Operand& matrix = left ? a : b;
    const Operand& rows = left ? b : a;
    if (rows.view.constant >= 0 || !a.batch.empty() || a.reduced.size() != 1 || matrix.own.size() != 1)
        refuse(node, "multiplies a constant other than as a matrix");
    linear(node, activation(node, left ? 1 : 0), rows.reduced[0],
           {node.inputs[left ? 0 : 1], {matrix.reduced[0], matrix.own[0]}, node.bias},
           matrix.view.extent(matrix.own[0]));
    // linear() puts the new features where the old ones were; the equation says where they are meant to be.
    std::vector<int> axes;
    for (const char c : z) {
        const int axis = find(left ? y : x, c);
        axes.push_back(axis >= 0 ? axis : rows.reduced[0]);
    }
    set(node, with_axes(view_of_output(node), axes));
}

void Importer::product(const Node& node, const Operand& a, const Operand& b) {
    if (a.view.constant >= 0 || b.view.constant >= 0)
        refuse(node, "multiplies a constant as if it were an activation");
    const auto count = [&](const Operand& operand, const std::vector<int>& axes) {
        std::int64_t extents = 1;
        for (const int axis : axes) extents *= operand.view.extent(axis);
        return extents;
    };
    const std::int64_t matrices = count(a, a.batch);
    const std::int64_t m = count(a, a.own);
    const std::int64_t n = count(b, b.own);
    const std::int64_t k = count(a, a.reduced);
    if (matrices != count(b, b.batch) || k != count(b, b.reduced))
        refuse(node, "multiplies tensors whose extents do not match");
    // The array streams rows of the first operand: their elements must lie together. Of the second either
    // will do, and columns that lie together in the other direction are transposed as part of the product.
    const auto innermost = [](const Operand& operand) {
        const std::vector<int> real = operand.view.real_order();
        return real.empty() ? -1 : real.back();
    };
    const auto among = [](const std::vector<int>& axes, int axis) {
        return axis < 0 || std::find(axes.begin(), axes.end(), axis) != axes.end();
    };
    const auto natural = [&](const Operand& operand, const std::vector<int>& rows,
                             const std::vector<int>& columns) {
        std::vector<int> order = operand.batch;
        order.insert(order.end(), rows.begin(), rows.end());
        order.insert(order.end(), columns.begin(), columns.end());
        return moved(node, operand.view, order);
    };
    View left = a.view;
    if (k > 1 && !among(a.reduced, innermost(a))) left = natural(a, a.own, a.reduced);
    View right = b.view;
    if (!among(b.reduced, innermost(b)) && !among(b.own, innermost(b))) right = natural(b, b.reduced, b.own);
    const std::vector<int> real = right.real_order();
    const bool transposed = n > 1 && k > 1 && !real.empty() && among(b.reduced, real.back());
    left.layer = in_shape(node, left, make_shape(k, matrices, m));
    right.layer = in_shape(node, right, transposed ? make_shape(k, matrices, n) : make_shape(n, matrices, k));
    const std::optional<TensorShape> shape = make_shape(n, matrices, m);
    if (!shape) refuse(node, "has an output too large");
    View result;
    result.dims = out_dims(node);
    result.order = natural_order(result.rank());
    result.loose = true;
    result.layer = emit(node, LayerKind::MatMul, {left.layer, right.layer}, *shape,
                        transposed ? Fields{{"transposed", true}} : Fields::object());
    if (result.elements() != shape->elements())
        refuse(node, "has an output that is no product of its operands");
    set(node, result);
}

}  // namespace satsim::importer
