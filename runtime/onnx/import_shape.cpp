// Operators that say where elements are read from, and the few that move them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "runtime/onnx/importer.hpp"

namespace satsim::importer {
namespace {

void set_extent(TensorShape& shape, Axis axis, std::int64_t extent) {
    if (axis == Axis::Channels) shape.channels = extent;
    if (axis == Axis::Height) shape.height = static_cast<int>(extent);
    if (axis == Axis::Width) shape.width = static_cast<int>(extent);
}

}  // namespace

void Importer::reshape(const Node& node) {
    const View& in = activation(node, 0);
    const Dims& dims = out_dims(node);
    if (in.elements() != element_count(dims)) refuse(node, "changes the number of elements");
    if (std::optional<View> same = reshaped(in, dims)) return set(node, *same);
    View result = in;
    result.dims = dims;
    result.order = natural_order(result.rank());
    const std::int64_t real = std::count_if(dims.begin(), dims.end(), [](std::int64_t e) { return e != 1; });
    if (real <= 1) {
        // All features of a sample: the weights that read them take whatever order they have.
        result.layer = emit(node, LayerKind::Flatten, {in.layer}, {in.elements(), 1, 1});
        if (!in.loose) flattened_[result.layer] = {in.dims, in.order};
    } else if (!in.loose && !products_alone_read(node.outputs.front())) {
        const View natural = moved(node, in, natural_order(in.rank()));
        result.layer = natural.layer;
    }
    set(node, result);
}

void Importer::transpose(const Node& node) {
    const View& in = activation(node, 0);
    Dims given = Graph::integers(node, "perm");
    const int rank = in.rank();
    if (given.empty()) {
        for (int axis = rank - 1; axis >= 0; --axis) given.push_back(axis);
    }
    if (std::ssize(given) != rank) refuse(node, "permutes other than its input's axes");
    std::vector<int> axes;
    for (const std::int64_t axis : given) {
        axes.push_back(axis_of(node, axis, rank));
        if (std::count(axes.begin(), axes.end(), axes.back()) > 1) refuse(node, "names an axis twice");
    }
    set(node, with_axes(in, axes));
}

View Importer::sliced(const Node& node, const View& in, int axis, std::int64_t start, std::int64_t size,
                      std::int64_t step) {
    View result = in;
    result.dims[static_cast<std::size_t>(axis)] = size;
    if (size == in.extent(axis) && step == 1) return result;
    LayerIndex from = in.layer;
    std::optional<Place> place = place_of(in, writer_.shape(from), axis);
    if (!place || (step != 1 && place->step != 1)) {
        from = in_shape(node, in, shape_around(in, axis));
        place = place_of(in, writer_.shape(from), axis);
    }
    if (!place || (step != 1 && place->step != 1))
        refuse(node, "takes a part of an axis that satsim cannot address");
    const std::int64_t first = start * place->step;
    const std::int64_t many = size * place->step;
    const auto [at, added] = slices_.try_emplace({from, place->axis, first, many, step}, 0);
    if (added) {
        TensorShape shape = writer_.shape(from);
        set_extent(shape, place->axis, many);
        Fields fields = {{"axis", to_string(place->axis)}, {"start", first}, {"size", many}};
        if (step != 1) fields["step"] = step;
        at->second = emit(node, LayerKind::Slice, {from}, shape, fields);
    }
    result.layer = at->second;
    return result;
}

void Importer::slice(const Node& node) {
    View in = activation(node, 0);
    const Dims& out = out_dims(node);
    // Attributes up to opset 9, inputs later.
    const auto list = [&](std::size_t input, const char* name) -> std::optional<Dims> {
        if (const Constant* number = graph_.number(node, input); number != nullptr) {
            Dims values;
            for (const double value : number->values) {
                const double bounded = std::fmax(-9e15, std::fmin(9e15, value));
                values.push_back(static_cast<std::int64_t>(bounded));
            }
            return values;
        }
        const Dims values = Graph::integers(node, name);
        return values.empty() ? std::nullopt : std::optional(values);
    };
    const std::optional<Dims> starts = list(1, "starts");
    if (!starts) refuse(node, "begins at places that the graph computes, expected constants");
    Dims axes = list(3, "axes").value_or(Dims{});
    for (std::size_t i = axes.size(); i < starts->size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
    const Dims steps = list(4, "steps").value_or(Dims(starts->size(), 1));
    if (steps.size() != starts->size() || axes.size() != starts->size() ||
        static_cast<int>(out.size()) != in.rank())
        refuse(node, "has as many axes, starts and steps as it should not have");
    for (std::size_t i = 0; i < starts->size(); ++i) {
        const int axis = axis_of(node, axes[i], in.rank());
        const std::int64_t whole = in.extent(axis);
        const std::int64_t size = out[static_cast<std::size_t>(axis)];
        std::int64_t start = (*starts)[i] < 0 ? (*starts)[i] + whole : (*starts)[i];
        start = std::clamp<std::int64_t>(start, 0, whole);
        if (steps[i] < 1 || steps[i] > whole + 1) refuse(node, "goes backwards, expected positive steps");
        if (size < 1 || start + (size - 1) * steps[i] >= whole)
            refuse(node, "takes what its input does not have");
        in = sliced(node, in, axis, start, size, size == 1 ? 1 : steps[i]);
    }
    if (in.dims != out) refuse(node, "has an output that is no slice of its input");
    set(node, in);
}

void Importer::split(const Node& node) {
    const View in = activation(node, 0);
    const int axis = axis_of(node, Graph::integer(node, "axis", 0), in.rank());
    std::int64_t start = 0;
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        if (node.outputs[i] < 0) refuse(node, "has a nameless output");
        const Dims& out = out_dims(node, i);
        if (static_cast<int>(out.size()) != in.rank())
            refuse(node, "has an output that is no part of its input");
        const std::int64_t size = out[static_cast<std::size_t>(axis)];
        if (start + size > in.extent(axis)) refuse(node, "takes more than its input has");
        const Value& value = graph_.value(node.outputs[i]);
        if (!value.readers.empty() || value.is_output) set(node, sliced(node, in, axis, start, size, 1), i);
        start += size;
    }
}

void Importer::gather(const Node& node) {
    const View& data = view(node, 0);
    const View& index = view(node, 1);
    const Dims& out = out_dims(node);
    const int axis = axis_of(node, Graph::integer(node, "axis", 0), data.rank());
    if (data.constant >= 0) {
        const View& tokens = activation(node, 1);
        if (axis != 0 || data.rank() != 2) refuse(node, "reads a table of other than rows of features");
        use_weights(node, node.inputs[0]);
        const LayerIndex from = in_shape(node, tokens, make_shape(1, 1, tokens.elements()));
        const std::optional<TensorShape> shape = make_shape(data.dims[1], 1, tokens.elements());
        if (!shape) refuse(node, "has an output too large");
        View result;
        result.dims = out;
        result.order = natural_order(result.rank());
        result.layer =
            emit(node, LayerKind::Lookup, {from}, *shape, {{"rows", data.dims[0]}, {"out", data.dims[1]}});
        keep(result.layer, "weight", node.inputs[0]);
        if (std::optional<TensorView> table = whole_matrix(node.inputs[0], {1, 0}))
            matrices_.emplace_back(result.layer, std::move(*table));
        return set(node, result);
    }
    const Constant* number = graph_.number(node, 1);
    if (index.constant < 0 || number == nullptr || number->dims.size() > 1)
        refuse(node, "picks by an index that the graph computes, expected constants");
    const View in = activation(node, 0);
    const auto whole = static_cast<double>(in.extent(axis));
    std::vector<double> places = number->values;
    for (double& place : places) {
        if (place < 0) place += whole;
        if (place < 0 || place >= whole) refuse(node, "picks what its input does not have");
    }
    bool run = true;
    for (std::size_t i = 1; i < places.size(); ++i) run = run && places[i] == places[i - 1] + 1;
    View result = in;
    if (run) {
        result = sliced(node, in, axis, static_cast<std::int64_t>(places[0]), std::ssize(places), 1);
    } else if (std::ssize(places) == in.extent(axis)) {
        const TensorShape shape = writer_.shape(in.layer);
        Fields fields = {{"shape", {shape.channels, shape.height, shape.width}}};
        result.layer = emit(node, LayerKind::Permute, {in.layer}, shape, fields);
    } else {
        refuse(node, "picks places that do not follow each other, expected a range");
    }
    if (number->dims.empty()) {
        const std::optional<View> dropped = reshaped(result, out);
        if (!dropped) refuse(node, "has an output that is no part of its input");
        result = *dropped;
    }
    if (result.dims != out) refuse(node, "has an output that is no part of its input");
    set(node, result);
}

void Importer::concat(const Node& node) {
    const Dims& out = out_dims(node);
    const int axis = axis_of(node, Graph::integer(node, "axis", 0), static_cast<int>(out.size()));
    std::vector<View> parts;
    const View* main = nullptr;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        parts.push_back(view(node, i));
        if (parts.back().rank() != static_cast<int>(out.size()))
            refuse(node, "joins tensors of different ranks");
    }
    for (const View& part : parts) {
        if (part.constant < 0 && (main == nullptr || part.extent(axis) > main->extent(axis))) main = &part;
    }
    if (main == nullptr) refuse(node, "joins constants alone");
    View whole = *main;
    whole.dims = out;
    if (whole.real_order() != main->real_order()) {
        // An axis that only the result has: whole tensors follow each other in memory.
        std::erase(whole.order, axis);
        whole.order.insert(whole.order.begin(), axis);
    }
    const bool joins = parts.size() > 1;
    const std::optional<TensorShape> shape =
        joins ? shape_around(whole, axis) : std::optional(writer_.shape(main->layer));
    Place place;
    if (joins) {
        const std::optional<Place> found = shape ? place_of(whole, *shape, axis) : std::nullopt;
        if (!found) refuse(node, "joins tensors along an axis that satsim cannot address");
        place = *found;
    }
    std::vector<LayerIndex> layers;
    for (const View& part : parts) {
        TensorShape own = *shape;
        if (joins) set_extent(own, place.axis, part.extent(axis) * place.step);
        if (own.elements() != part.elements()) refuse(node, "joins tensors that do not fit each other");
        layers.push_back(part.constant >= 0 ? parameter(node, part.constant, own, whole.order)
                                            : in_shape(node, moved(node, part, whole.order), own));
    }
    if (joins) whole.layer = emit(node, LayerKind::Concat, layers, *shape, {{"axis", to_string(place.axis)}});
    whole.loose = false;
    set(node, whole);
}

// Element-wise operators spread a small tensor by themselves, so the expansion is left to them.
void Importer::expand(const Node& node) {
    View in = activation(node, 0);
    const Dims& out = out_dims(node);
    while (in.rank() < static_cast<int>(out.size())) {
        in.dims.insert(in.dims.begin(), 1);
        for (int& axis : in.order) ++axis;
        in.order.insert(in.order.begin(), 0);
    }
    set(node, in);
}

namespace {

// A shape whose columns are the innermost axis where that alone is padded: channels cannot be.
std::optional<TensorShape> shape_to_pad(const View& view, const Dims& pads) {
    const std::vector<int> memory = view.real_order();
    for (int axis = 0; axis < view.rank(); ++axis) {
        const bool innermost = !memory.empty() && axis == memory.back();
        const bool padded = pads[static_cast<std::size_t>(axis)] != 0 ||
                            pads[static_cast<std::size_t>(axis + view.rank())] != 0;
        if (padded != innermost) return plain_shape(view);
    }
    return make_shape(1, view.elements() / view.extent(memory.back()), view.extent(memory.back()));
}

}  // namespace

void Importer::pad(const Node& node) {
    const View in = activation(node, 0);
    Dims pads = Graph::integers(node, "pads");
    if (const Constant* number = graph_.number(node, 1); number != nullptr) {
        pads.clear();
        for (const double value : number->values) {
            if (std::abs(value) > 1 << 20) refuse(node, "has pads out of range");
            pads.push_back(static_cast<std::int64_t>(value));
        }
    }
    if (std::ssize(pads) != 2 * in.rank())
        refuse(node, "has pads that the graph computes, expected constants");
    if (std::all_of(pads.begin(), pads.end(), [](std::int64_t p) { return p == 0; })) return set(node, in);
    const bool pads_image = in.rank() == 4 && pads[0] == 0 && pads[1] == 0 && pads[4] == 0 && pads[5] == 0;
    View result = pads_image ? image(node, 0) : in;
    if (!pads_image) result.layer = in_shape(node, in, shape_to_pad(in, pads));
    TensorShape shape = writer_.shape(result.layer);
    std::int64_t sides[4] = {};  // top, left, bottom, right
    for (int axis = 0; axis < in.rank(); ++axis) {
        const std::int64_t front = pads[static_cast<std::size_t>(axis)];
        const std::int64_t back = pads[static_cast<std::size_t>(axis + in.rank())];
        if (front == 0 && back == 0) continue;
        const std::optional<Place> place = place_of(result, shape, axis);
        if (front < 0 || back < 0 || front > 1024 || back > 1024 || !place || place->step != 1 ||
            place->axis == Axis::Channels)
            refuse(node,
                   "pads channels beside others, cuts off, or pads by more than 1024, expected rows and "
                   "columns of zeros");
        const bool rows = place->axis == Axis::Height;
        sides[rows ? 0 : 1] = front;
        sides[rows ? 2 : 3] = back;
        result.dims[static_cast<std::size_t>(axis)] += front + back;
    }
    shape.height += static_cast<int>(sides[0] + sides[2]);
    shape.width += static_cast<int>(sides[1] + sides[3]);
    if (result.dims != out_dims(node)) refuse(node, "has an output that does not fit its pads");
    result.layer = emit(node, LayerKind::Pad, {result.layer}, shape,
                        {{"pad", {sides[0], sides[1], sides[2], sides[3]}}});
    set(node, result);
}

void Importer::reduce(const Node& node) {
    View in = activation(node, 0);
    Dims axes = Graph::integers(node, "axes");
    if (const Constant* number = graph_.number(node, 1); number != nullptr) {
        for (const double value : number->values)
            axes.push_back(static_cast<std::int64_t>(std::fmax(-9, std::fmin(9, value))));
    }
    if (axes.empty()) refuse(node, "reduces everything to one number, expected axes");
    std::set<int> places;
    for (const std::int64_t axis : axes) places.insert(axis_of(node, axis, in.rank()));
    const Dims& out = out_dims(node);
    if (node.op == "ReduceMean" && in.rank() == 4 && places == std::set<int>{2, 3}) {
        in = image(node, 0);
        in.layer = emit(node, LayerKind::GlobalPool, {in.layer}, {in.extent(1), 1, 1});
        in.dims[2] = in.dims[3] = 1;
    }
    for (const int axis : places) {
        if (in.extent(axis) == 1) continue;
        in.layer = in_shape(node, in, shape_around(in, axis));
        TensorShape shape = writer_.shape(in.layer);
        const std::optional<Place> place = place_of(in, shape, axis);
        if (!place || place->step != 1) refuse(node, "reduces an axis that satsim cannot address");
        set_extent(shape, place->axis, 1);
        in.layer = emit(node, LayerKind::Reduce, {in.layer}, shape, {{"axis", to_string(place->axis)}});
        in.dims[static_cast<std::size_t>(axis)] = 1;
    }
    in.loose = false;
    const std::optional<View> result = reshaped(in, out);
    if (in.elements() != element_count(out) || !result)
        refuse(node, "has an output that is no reduction of its input");
    set(node, *result);
}

void Importer::depth_to_space(const Node& node) {
    View in = image(node, 0);
    const Dims& out = out_dims(node);
    const std::optional<TensorShape> shape =
        out.size() == 4 ? make_shape(out[1], out[2], out[3]) : std::nullopt;
    if (!shape || shape->elements() != in.elements())
        refuse(node, "has an output that does not fit its input");
    in.dims = out;
    in.layer = emit(node, LayerKind::Permute, {in.layer}, *shape,
                    {{"shape", {shape->channels, shape->height, shape->width}}});
    set(node, in);
}

}  // namespace satsim::importer
