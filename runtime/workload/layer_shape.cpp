#include "runtime/workload/layer_shape.hpp"

#include <fmt/format.h>

namespace satsim {
namespace {

using K = LayerKind;

// Rows or columns that a kernel covers.
int reach(int kernel, int dilation) {
    return (kernel - 1) * dilation + 1;
}

void window(const JsonCursor& item, Layer& layer) {
    const int high = layer.in.height + layer.pad.top + layer.pad.bottom;
    const int wide = layer.in.width + layer.pad.left + layer.pad.right;
    const int tall_kernel = reach(layer.kernel.h, layer.dilation.h);
    const int wide_kernel = reach(layer.kernel.w, layer.dilation.w);
    if (high < tall_kernel || wide < wide_kernel) {
        item.at("kernel").fail(fmt::format("is {} on an input of {}, expected a kernel that fits",
                                           item.at("kernel").node().dump(), to_string(layer.in)));
    }
    layer.out.height = (high - tall_kernel) / layer.stride.h + 1;
    layer.out.width = (wide - wide_kernel) / layer.stride.w + 1;
    if (layer.kind == K::Conv) return;
    // A window of nothing but padding has no value. The last ones may begin in the input and end beyond it.
    if (layer.pad.top * 2 > tall_kernel || layer.pad.left * 2 > wide_kernel ||
        layer.pad.bottom >= std::max(tall_kernel, 2) || layer.pad.right >= std::max(wide_kernel, 2)) {
        item.at("pad").fail("is more than half the kernel");
    }
}

void transposed_window(const JsonCursor& item, const Extent& output_pad, Layer& layer) {
    const auto side = [](std::int64_t in, int stride, int kernel, int dilation, int pads, int extra) {
        return (in - 1) * stride + reach(kernel, dilation) - pads + extra;
    };
    const std::int64_t high = side(layer.in.height, layer.stride.h, layer.kernel.h, layer.dilation.h,
                                   layer.pad.top + layer.pad.bottom, output_pad.h);
    const std::int64_t wide = side(layer.in.width, layer.stride.w, layer.kernel.w, layer.dilation.w,
                                   layer.pad.left + layer.pad.right, output_pad.w);
    if (high < 1 || wide < 1 || high > kMaxSide || wide > kMaxSide)
        item.fail(
            fmt::format("has an output of {} rows and {} columns, expected 1 to {}", high, wide, kMaxSide));
    if (output_pad.h >= std::max(layer.stride.h, 2) || output_pad.w >= std::max(layer.stride.w, 2))
        item.at("output_pad").fail("is expected below the stride");
    layer.out.height = static_cast<int>(high);
    layer.out.width = static_cast<int>(wide);
}

void grouped(const JsonCursor& item, std::int64_t out, Layer& layer) {
    layer.out.channels = out;
    if (layer.in.channels % layer.groups != 0 || out % layer.groups != 0) {
        item.at("groups").fail(fmt::format("is {}, expected a divisor of {} input and {} output channels",
                                           layer.groups, layer.in.channels, out));
    }
}

void product(const JsonCursor& item, Layer& layer) {
    const TensorShape& a = layer.in;
    const TensorShape& b = layer.with;
    const std::int64_t reduced = layer.transposed ? b.channels : b.width;
    if (b.height != a.height || reduced != a.channels) {
        item.at("with").fail(fmt::format("has shape {}, expected {} matrices with a reduction of {}",
                                         to_string(b), a.height, a.channels));
    }
    layer.out = {layer.transposed ? b.width : b.channels, a.height, a.width};
}

void broadcast(const JsonCursor& item, const Layer& layer) {
    const auto fits = [](std::int64_t own, std::int64_t other) { return other == own || other == 1; };
    const TensorShape& b = layer.with;
    if (!fits(layer.in.channels, b.channels) || !fits(layer.in.height, b.height) ||
        !fits(layer.in.width, b.width)) {
        item.at("with").fail(fmt::format("has shape {}, expected {} like the layer it is added to, or 1s",
                                         to_string(b), to_string(layer.in)));
    }
}

void concatenate(const JsonCursor& item, const std::vector<TensorShape>& inputs, Layer& layer) {
    TensorShape sum = layer.in;
    std::int64_t high = layer.in.height;
    std::int64_t wide = layer.in.width;
    for (std::size_t i = 1; i < inputs.size(); ++i) {
        TensorShape other = inputs[i];
        TensorShape own = layer.in;
        if (layer.axis == Axis::Channels) {
            sum.channels += other.channels;
            other.channels = own.channels;
        } else if (layer.axis == Axis::Height) {
            high += other.height;
            other.height = own.height;
        } else {
            wide += other.width;
            other.width = own.width;
        }
        if (other != own)
            item.at("with").fail(fmt::format("has shape {}, expected {} outside the axis {}",
                                             to_string(inputs[i]), to_string(own), to_string(layer.axis)));
    }
    if (high > kMaxSide || wide > kMaxSide) item.fail("has an output of more rows or columns than 2^24");
    layer.out = {sum.channels, static_cast<int>(high), static_cast<int>(wide)};
}

void slice(const JsonCursor& item, int size, Layer& layer) {
    const std::int64_t whole = layer.axis == Axis::Channels ? layer.in.channels
                               : layer.axis == Axis::Height ? layer.in.height
                                                            : layer.in.width;
    if (layer.start + (size - std::int64_t{1}) * layer.step >= whole) {
        item.at("size").fail(fmt::format("is {} from {} on in steps of {}, expected a range within {} {}",
                                         size, layer.start, layer.step, whole, to_string(layer.axis)));
    }
    if (layer.axis == Axis::Channels) layer.out.channels = size;
    if (layer.axis == Axis::Height) layer.out.height = size;
    if (layer.axis == Axis::Width) layer.out.width = size;
}

void same_elements(const JsonCursor& item, const TensorShape& shape, Layer& layer) {
    const double wanted = static_cast<double>(shape.channels) * shape.height * shape.width;
    if (wanted != static_cast<double>(layer.in.elements())) {
        item.at("shape").fail(
            fmt::format("is {}, expected as many elements as {}", to_string(shape), to_string(layer.in)));
    }
    layer.out = shape;
}

void require_sequence(const JsonCursor& item, const Layer& layer) {
    if (layer.in.height != 1) item.fail("needs a sequence, expected a layer of kind tokens before it");
}

}  // namespace

void infer_shape(const JsonCursor& item, const ShapeRequest& request, Layer& layer) {
    layer.in = request.inputs.empty() ? request.shape : request.inputs.front();
    const bool combines = layer.kind == K::Add || layer.kind == K::Mul || layer.kind == K::MatMul;
    if (combines && request.inputs.size() > 2) item.at("with").fail("is a list, expected one layer");
    if (combines) layer.with = request.inputs.back();
    layer.out = layer.in;
    switch (layer.kind) {
        case K::Conv:
            window(item, layer);
            grouped(item, request.out, layer);
            break;
        case K::ConvTranspose:
            transposed_window(item, request.output_pad, layer);
            grouped(item, request.out, layer);
            break;
        case K::MaxPool:
        case K::AvgPool:
            window(item, layer);
            break;
        case K::Linear:
        case K::Lookup:
            layer.out.channels = request.out;
            if (layer.kind == K::Lookup && layer.in.channels != 1)
                item.fail("reads " + to_string(layer.in) + ", expected one number a position");
            break;
        case K::MatMul:
            product(item, layer);
            break;
        case K::GroupNorm:
            if (layer.in.channels % layer.groups != 0)
                item.at("groups").fail(
                    fmt::format("is {}, expected a divisor of {} channels", layer.groups, layer.in.channels));
            break;
        case K::Add:
        case K::Mul:
            broadcast(item, layer);
            break;
        case K::Concat:
            concatenate(item, request.inputs, layer);
            break;
        case K::Slice:
            slice(item, request.size, layer);
            break;
        case K::Reshape:
        case K::Permute:
            same_elements(item, request.shape, layer);
            break;
        case K::Pad:
            layer.out.height += layer.pad.top + layer.pad.bottom;
            layer.out.width += layer.pad.left + layer.pad.right;
            break;
        case K::Resize:
            layer.out = request.shape;
            if (layer.out.channels != layer.in.channels) item.at("shape").fail("changes the channels");
            break;
        case K::Reduce:
            if (layer.axis == Axis::Channels) layer.out.channels = 1;
            if (layer.axis == Axis::Height) layer.out.height = 1;
            if (layer.axis == Axis::Width) layer.out.width = 1;
            break;
        case K::GlobalPool:
            layer.out.height = layer.out.width = 1;
            break;
        case K::Flatten:
            layer.out = {layer.in.elements(), 1, 1};
            break;
        case K::Tokens:
            if (layer.in.positions() > kMaxSide) item.fail("makes a sequence of more than 2^24 tokens");
            layer.out = {layer.in.channels, 1, layer.in.height * layer.in.width};
            break;
        case K::Embedding:
            require_sequence(item, layer);
            layer.out.width = layer.in.width + (layer.class_token ? 1 : 0);
            if (layer.rows > 0 && layer.rows < layer.out.width)
                item.at("rows").fail(fmt::format("is {}, expected at least the {} positions of the sequence",
                                                 layer.rows, layer.out.width));
            break;
        case K::SelectToken:
            require_sequence(item, layer);
            layer.axis = Axis::Width;
            layer.out.width = 1;
            break;
        case K::Attention:
            if (layer.in.channels % layer.heads != 0) {
                item.at("heads").fail(
                    fmt::format("is {}, expected a divisor of {} features", layer.heads, layer.in.channels));
            }
            require_sequence(item, layer);
            break;
        default:
            infer_sequence_shape(item, request, layer);
            break;
    }
}

}  // namespace satsim
