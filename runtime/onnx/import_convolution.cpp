// What works on images: convolutions, pooling, normalisation, resampling.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/onnx/importer.hpp"

namespace satsim::importer {
namespace {

using Json = nlohmann::ordered_json;

// ONNX's inference believes kernel_shape, whatever the weights are.
constexpr const char* kUnfitting = "has an output that does not fit its kernel, strides and pads";

Json sides(std::int64_t h, std::int64_t w) {
    return h == w ? Json(h) : Json{h, w};
}

// One extent an axis of a value per ONNX attribute, rows and columns.
struct Pair {
    std::int64_t h = 1;
    std::int64_t w = 1;
};
Pair pair_of(const Dims& values) {
    if (values.size() == 1) return {1, values[0]};
    if (values.size() == 2) return {values[0], values[1]};
    return {};
}

}  // namespace

// stride, dilation and pad so that satsim's formula gives ONNX's output, rounded up or down.
Importer::Fields Importer::window_fields(const Node& node, const View& in, const Extent& kernel) const {
    const Pair stride = pair_of(Graph::integers(node, "strides"));
    const Pair dilation = pair_of(Graph::integers(node, "dilations"));
    const Dims pads = Graph::integers(node, "pads");
    const std::string automatic = Graph::text(node, "auto_pad", "NOTSET");
    const Dims& out = out_dims(node);
    const std::size_t axes = in.dims.size() - 2;
    if ((!pads.empty() && pads.size() != 2 * axes) || out.size() != in.dims.size())
        refuse(node, "has pads that do not fit its input");
    if (automatic != "NOTSET" && std::any_of(pads.begin(), pads.end(), [](std::int64_t p) { return p != 0; }))
        refuse(node, "has both pads and auto_pad " + automatic + ", expected one of them");
    const auto side = [&](bool rows, std::int64_t s, std::int64_t d, std::int64_t k) {
        if (rows && axes == 1) return std::pair<std::int64_t, std::int64_t>{0, 0};
        const std::size_t axis = rows || axes == 1 ? 0 : 1;
        const std::int64_t wanted = (out[axis + 2] - 1) * s + (k - 1) * d + 1 - in.dims[axis + 2];
        std::int64_t before = pads.empty() ? 0 : pads[axis];
        std::int64_t after = pads.empty() ? 0 : pads[axis + axes];
        if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
            const std::int64_t total = std::max<std::int64_t>(0, wanted);
            before = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
            after = total - before;
        }
        after = std::max(after, wanted - before);
        if ((before + after - wanted) / s != 0 || before + after < wanted) refuse(node, kUnfitting);
        return std::pair{before, after};
    };
    const auto [top, bottom] = side(true, stride.h, dilation.h, kernel.h);
    const auto [left, right] = side(false, stride.w, dilation.w, kernel.w);
    Json fields = {{"kernel", sides(kernel.h, kernel.w)}};
    if (stride.h != 1 || stride.w != 1) fields["stride"] = sides(stride.h, stride.w);
    if (dilation.h != 1 || dilation.w != 1) fields["dilation"] = sides(dilation.h, dilation.w);
    if (top == bottom && left == right && top == left) {
        if (top != 0) fields["pad"] = top;
    } else {
        fields["pad"] = {top, left, bottom, right};
    }
    return fields;
}

void Importer::convolution(const Node& node) {
    View in = image(node, 0);
    if (node.inputs.size() < 2 || node.inputs[1] < 0) refuse(node, "lacks weights");
    const Dims& weights = graph_.value(node.inputs[1]).dims;
    if (weights.size() != in.dims.size()) refuse(node, "has weights whose rank is not that of its input");
    use_weights(node, node.inputs[1]);
    const Pair window = pair_of({weights.begin() + 2, weights.end()});
    if (window.h < 1 || window.w < 1 || window.h > 1024 || window.w > 1024)
        refuse(node, "has a kernel out of range, expected 1 to 1024");
    const bool transposed = node.op == "ConvTranspose";
    const std::int64_t groups = Graph::integer(node, "group", 1);
    const Dims& out = out_dims(node);
    const int bias = node.bias >= 0 ? node.bias : node.inputs.size() > 2 ? node.inputs[2] : -1;
    const Extent kernel{static_cast<int>(window.h), static_cast<int>(window.w)};
    Fields fields = {{"out", out[1]}};
    if (transposed) {
        // Its padding is cut off the output: what is left decides the last rows and columns.
        const Pair stride = pair_of(Graph::integers(node, "strides"));
        const Pair dilation = pair_of(Graph::integers(node, "dilations"));
        Dims pads = Graph::integers(node, "pads");
        const Dims wanted = Graph::integers(node, "output_shape");
        const std::string automatic = Graph::text(node, "auto_pad", "NOTSET");
        if ((automatic != "NOTSET" && wanted.empty()) || in.rank() != 4 || out.size() != 4 ||
            (!pads.empty() && pads.size() != 4))
            refuse(node, "pads automatically or works on no images, expected explicit pads on images");
        const Dims given = Graph::integers(node, "output_padding");
        const Pair extra = given.empty() ? Pair{0, 0} : pair_of(given);
        if (!wanted.empty()) {
            // ONNX: what is too much is cut off, half at each end, and the odd one in front but for
            // SAME_UPPER.
            const auto surplus = [&](std::size_t axis, std::int64_t s, std::int64_t d, std::int64_t k,
                                     std::int64_t more) {
                const std::int64_t whole = (in.dims[axis] - 1) * s + (k - 1) * d + 1 + more;
                if (whole < out[axis])
                    refuse(node,
                           fmt::format("has the output_shape {}, expected at most the {} that its input "
                                       "reaches",
                                       out[axis], whole));
                return whole - out[axis];
            };
            const std::int64_t rows = surplus(2, stride.h, dilation.h, kernel.h, extra.h);
            const std::int64_t columns = surplus(3, stride.w, dilation.w, kernel.w, extra.w);
            const bool less_in_front = automatic == "SAME_UPPER";
            const auto front = [&](std::int64_t all) { return less_in_front ? all / 2 : all - all / 2; };
            pads = {front(rows), front(columns), rows - front(rows), columns - front(columns)};
        }
        const auto fits = [&](std::size_t axis, std::int64_t s, std::int64_t d, std::int64_t k,
                              std::int64_t more) {
            const std::int64_t cut = pads.empty() ? 0 : pads[axis - 2] + pads[axis];
            return (in.dims[axis] - 1) * s + (k - 1) * d + 1 + more - cut == out[axis];
        };
        if (!fits(2, stride.h, dilation.h, kernel.h, extra.h) ||
            !fits(3, stride.w, dilation.w, kernel.w, extra.w))
            refuse(node, kUnfitting);
        fields["kernel"] = sides(kernel.h, kernel.w);
        fields["stride"] = sides(stride.h, stride.w);
        fields["dilation"] = sides(dilation.h, dilation.w);
        if (!pads.empty()) fields["pad"] = {pads[0], pads[1], pads[2], pads[3]};
        if (!given.empty()) fields["output_pad"] = sides(extra.h, extra.w);
    } else {
        fields.update(window_fields(node, in, kernel));
    }
    if (groups != 1) fields["groups"] = groups;
    const bool folded = bias >= 0 && graph_.value(bias).name.starts_with("onnx::");
    const bool unfold = folded && options_.unfold_batchnorm;
    if (unfold && options_.weights) {
        refuse(node,
               "has weights that batch normalisation was folded into, which --data cannot take apart: export "
               "with "
               "training=TrainingMode.PRESERVE and do_constant_folding=False");
    }
    if (bias >= 0 && !unfold) fields["bias"] = true;
    if (bias >= 0) use_weights(node, bias);
    if (folded && !unfold) ++folded_norms_;
    const std::optional<TensorShape> shape =
        in.rank() == 4 ? make_shape(out[1], out[2], out[3]) : make_shape(out[1], 1, out[2]);
    if (!shape) refuse(node, "has an output too large");
    View result = in;
    result.dims = out;
    result.layer =
        emit(node, transposed ? LayerKind::ConvTranspose : LayerKind::Conv, {in.layer}, *shape, fields);
    keep(result.layer, "weight", node.inputs[1]);
    keep(result.layer, "bias", bias);
    if (unfold)
        result.layer = writer_.add(LayerKind::BatchNorm, name_of(node) + ".bn", {result.layer}, *shape);
    set(node, result);
}

void Importer::pool(const Node& node) {
    View in = image(node, 0);
    if (node.outputs.size() > 1 && node.outputs[1] >= 0 && !graph_.value(node.outputs[1]).readers.empty())
        refuse(node, "hands on the places of its maxima, expected the values alone");
    const Pair window = pair_of(Graph::integers(node, "kernel_shape"));
    if (window.h > 1024 || window.w > 1024) refuse(node, "has a kernel out of range, expected 1 to 1024");
    const Extent kernel{static_cast<int>(window.h), static_cast<int>(window.w)};
    const Dims& out = out_dims(node);
    const std::optional<TensorShape> shape =
        in.rank() == 4 ? make_shape(out[1], out[2], out[3]) : make_shape(out[1], 1, out[2]);
    if (!shape) refuse(node, "has an output too large");
    const LayerKind kind = node.op == "MaxPool" ? LayerKind::MaxPool : LayerKind::AvgPool;
    View result = in;
    result.dims = out;
    result.layer = emit(node, kind, {in.layer}, *shape, window_fields(node, in, kernel));
    set(node, result);
}

void Importer::global_pool(const Node& node) {
    View in = image(node, 0);
    View result = in;
    result.dims = out_dims(node);
    result.layer = emit(node, LayerKind::GlobalPool, {in.layer}, {in.extent(1), 1, 1});
    set(node, result);
}

void Importer::batch_norm(const Node& node) {
    View in = with_channels(node, activation(node, 0), 1);
    for (std::size_t i = 1; i < node.inputs.size() && i < 3; ++i) use_weights(node, node.inputs[i]);
    in.layer = emit(node, LayerKind::BatchNorm, {in.layer}, writer_.shape(in.layer));
    const char* const suffixes[] = {"", "weight", "bias", "running_mean", "running_var"};
    for (std::size_t i = 1; i < node.inputs.size() && i < std::size(suffixes); ++i)
        keep(in.layer, suffixes[i], node.inputs[i]);
    in.loose = false;
    set(node, in);
}

void Importer::layer_norm(const Node& node) {
    const View& found = activation(node, 0);
    Dims axes = node.axes;
    if (axes.empty()) {
        for (int axis = axis_of(node, Graph::integer(node, "axis", -1), found.rank()); axis < found.rank();
             ++axis)
            axes.push_back(axis);
    }
    if (axes.size() != 1)
        refuse(node, fmt::format("normalises over {} axes, expected the channels alone", axes.size()));
    View in = with_channels(node, found, axis_of(node, axes[0], found.rank()));
    const bool scale = node.inputs.size() > 1 && node.inputs[1] >= 0;
    const bool shift = node.inputs.size() > 2 && node.inputs[2] >= 0;
    const TensorShape shape = writer_.shape(in.layer);
    if (scale && shift) {
        use_weights(node, node.inputs[1]);
        use_weights(node, node.inputs[2]);
        in.layer = emit(node, LayerKind::LayerNorm, {in.layer}, shape);
        keep(in.layer, "weight", node.inputs[1]);
        keep(in.layer, "bias", node.inputs[2]);
    } else {
        in.layer = emit(node, LayerKind::LayerNorm, {in.layer}, shape, {{"affine", false}});
        if (scale) {
            const LayerIndex factor = parameter(node, node.inputs[1], {shape.channels, 1, 1}, {0});
            in.layer = writer_.add(LayerKind::Mul, name_of(node) + ".scale", {in.layer, factor}, shape);
        }
    }
    in.loose = false;
    set(node, in);
}

// InstanceNormalization, or a GroupNorm that is written as one on groups of channels (`axes`: their number).
void Importer::group_norm(const Node& node) {
    View in = with_channels(node, activation(node, 0), 1);
    const std::int64_t groups = node.axes.empty() ? in.extent(1) : node.axes.front();
    const bool trained = node.axes.empty() && node.inputs.size() > 1 && node.inputs[1] >= 0 &&
                         !graph_.value(node.inputs[1]).trained.empty();
    Fields fields = {{"groups", groups}};
    if (!trained) fields["affine"] = false;
    for (std::size_t i = 1; trained && i < node.inputs.size() && i < 3; ++i)
        use_weights(node, node.inputs[i]);
    in.layer = emit(node, LayerKind::GroupNorm, {in.layer}, writer_.shape(in.layer), fields);
    for (std::size_t i = 1; trained && i < node.inputs.size() && i < 3; ++i)
        keep(in.layer, i == 1 ? "weight" : "bias", node.inputs[i]);
    set(node, in);
}

void Importer::resize(const Node& node) {
    View in = image(node, 0);
    const Dims& out = out_dims(node);
    if (out.size() != 4 || in.rank() != 4 || out[0] != 1 || out[1] != in.extent(1))
        refuse(node, "changes more than rows and columns of an image");
    const std::optional<TensorShape> shape = make_shape(out[1], out[2], out[3]);
    if (!shape) refuse(node, "has an output too large");
    View result = in;
    result.dims = out;
    result.layer = emit(node, LayerKind::Resize, {in.layer}, *shape,
                        {{"shape", {shape->channels, shape->height, shape->width}}});
    set(node, result);
}

}  // namespace satsim::importer
