#include "runtime/onnx/tensor_view.hpp"

#include <algorithm>
#include <cmath>

namespace satsim::importer {
namespace {

constexpr int kDeepest = 32;  // nodes between a weight and its initializer

TensorView whole(int initializer, const Dims& dims) {
    TensorView view{initializer, dims, Dims(dims.size(), 1), 0};
    for (std::size_t i = dims.size(); i-- > 1;) view.strides[i - 1] = view.strides[i] * dims[i];
    return view;
}

std::optional<int> axis_in(std::int64_t axis, const Dims& dims) {
    const std::int64_t found = axis < 0 ? axis + std::ssize(dims) : axis;
    if (found < 0 || found >= std::ssize(dims)) return std::nullopt;
    return static_cast<int>(found);
}

std::optional<TensorView> turned(const Node& node, const TensorView& from) {
    const Dims given = Graph::integers(node, "perm");
    std::vector<int> axes;
    for (int i = static_cast<int>(from.dims.size()) - 1; i >= 0; --i) axes.push_back(i);
    if (!given.empty()) {
        if (given.size() != axes.size()) return std::nullopt;
        for (std::size_t i = 0; i < given.size(); ++i) {
            const std::optional<int> axis = axis_in(given[i], from.dims);
            if (!axis) return std::nullopt;
            if (std::find(axes.begin(), axes.begin() + static_cast<std::ptrdiff_t>(i), *axis) !=
                axes.begin() + static_cast<std::ptrdiff_t>(i))
                return std::nullopt;
            axes[i] = *axis;
        }
    }
    return from.transposed(axes);
}

// Ranges of the axes; `to`: extents of the result, which ONNX has inferred.
std::optional<TensorView> sliced(const Graph& graph, const Node& node, TensorView from, const Dims& to) {
    const auto list = [&](std::size_t input, const char* name) {
        const Constant* number = graph.number(node, input);
        if (number == nullptr) return Graph::integers(node, name);
        Dims values;
        for (const double value : number->values)
            values.push_back(static_cast<std::int64_t>(std::fmax(-9e15, std::fmin(9e15, value))));
        return values;
    };
    const Dims starts = list(1, "starts");
    const Dims axes = list(3, "axes");
    const Dims steps = list(4, "steps");
    if (starts.empty() || to.size() != from.dims.size()) return std::nullopt;
    for (std::size_t i = 0; i < starts.size(); ++i) {
        const std::optional<int> axis =
            axis_in(i < axes.size() ? axes[i] : static_cast<std::int64_t>(i), from.dims);
        const std::int64_t step = i < steps.size() ? steps[i] : 1;
        if (!axis || step < 1) return std::nullopt;
        const auto a = static_cast<std::size_t>(*axis);
        const std::int64_t extent = from.dims[a];
        const std::int64_t start = starts[i] < 0 ? starts[i] + extent : starts[i];
        if (start < 0 || start >= extent || to[a] < 1 || to[a] - 1 > (extent - 1 - start) / step)
            return std::nullopt;
        from.offset += start * from.strides[a];
        from.strides[a] *= step;
        from.dims[a] = to[a];
    }
    return from.dims == to ? std::optional(from) : std::nullopt;
}

std::optional<TensorView> part_of_split(const Graph& graph, const Node& node, TensorView from, int value) {
    const std::optional<int> axis = axis_in(Graph::integer(node, "axis", 0), from.dims);
    if (!axis) return std::nullopt;
    const auto a = static_cast<std::size_t>(*axis);
    std::int64_t start = 0;
    for (const int output : node.outputs) {
        if (output < 0 || graph.value(output).dims.size() != from.dims.size()) return std::nullopt;
        const std::int64_t size = graph.value(output).dims[a];
        if (size < 1 || start + size > from.dims[a]) return std::nullopt;
        if (output == value) {
            from.offset += start * from.strides[a];
            from.dims[a] = size;
            return from;
        }
        start += size;
    }
    return std::nullopt;
}

std::optional<TensorView> follow(const Graph& graph, int value, int depth) {
    const Value& found = graph.value(value);
    if (!found.constant || !found.known || element_count(found.dims).value_or(0) < 1 || depth > kDeepest)
        return std::nullopt;
    if (found.initializer >= 0) return whole(found.initializer, found.dims);
    if (found.producer < 0) return std::nullopt;
    const Node& node = graph.nodes[static_cast<std::size_t>(found.producer)];
    if (node.inputs.empty() || node.inputs.front() < 0) return std::nullopt;
    const std::string& op = node.proto->op_type();
    const std::optional<TensorView> from = follow(graph, node.inputs.front(), depth + 1);
    if (!from) return std::nullopt;
    std::optional<TensorView> view;
    if (op == "Identity") view = from;
    if (op == "Transpose") view = turned(node, *from);
    // Expand for one sample often adds nothing; what does has more elements than reshaped() takes.
    if (op == "Reshape" || op == "Flatten" || op == "Squeeze" || op == "Unsqueeze" || op == "Expand")
        view = from->reshaped(found.dims);
    if (op == "Slice") view = sliced(graph, node, *from, found.dims);
    if (op == "Split") view = part_of_split(graph, node, *from, value);
    return view && view->dims == found.dims ? view : std::nullopt;
}

}  // namespace

TensorView TensorView::transposed(const std::vector<int>& axes) const {
    TensorView view{initializer, {}, {}, offset};
    for (const int axis : axes) {
        view.dims.push_back(dims[static_cast<std::size_t>(axis)]);
        view.strides.push_back(strides[static_cast<std::size_t>(axis)]);
    }
    return view;
}

// Both lists of extents are cut into the shortest runs of equal product; a run must be one stretch of
// elements at equal distances.
std::optional<TensorView> TensorView::reshaped(const Dims& to) const {
    if (element_count(dims) != element_count(to) || element_count(to).value_or(0) < 1) return std::nullopt;
    TensorView view{initializer, to, Dims(to.size(), 0), offset};
    std::size_t i = 0;
    std::size_t k = 0;
    while (i < dims.size() || k < to.size()) {
        std::int64_t a = 1;
        std::int64_t b = 1;
        std::int64_t stride = 0;  // of the run's last element so far
        bool any = false;
        const std::size_t first = k;
        do {
            if (i < dims.size() && (a <= b || k >= to.size())) {
                if (dims[i] != 1) {
                    if (any && stride != strides[i] * dims[i]) return std::nullopt;
                    stride = strides[i];
                    any = true;
                }
                a *= dims[i++];
            } else if (k < to.size()) {
                b *= to[k++];
            } else {
                return std::nullopt;
            }
        } while (a != b);
        for (std::size_t at = k; at-- > first;) {
            view.strides[at] = stride;
            stride *= to[at];
        }
    }
    return view;
}

std::int64_t TensorView::last() const {
    std::int64_t index = offset;
    for (std::size_t i = 0; i < dims.size(); ++i) index += (dims[i] - 1) * strides[i];
    return index;
}

std::optional<TensorView> tensor_view(const Graph& graph, int value) {
    return value < 0 ? std::nullopt : follow(graph, value, 0);
}

}  // namespace satsim::importer
