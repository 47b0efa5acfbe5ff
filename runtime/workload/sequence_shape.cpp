// Shapes of layers that work on the positions of a sample's streams.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/workload/layer_shape.hpp"

namespace satsim {
namespace {

using K = LayerKind;

// The spans lie within the queries and keys that there are; none given: all positions see each other.
void fit_spans(const JsonCursor& item, Layer& layer) {
    const std::int64_t queries = layer.in.positions();
    const std::int64_t keys = layer.with.positions();
    if (layer.spans.empty() && !item.has("spans")) layer.spans = {{queries, keys, 1}};
    double sum = 0;
    for (const Span& span : layer.spans)
        sum += static_cast<double>(span.queries) * static_cast<double>(span.count);
    const bool own = item.has("spans");
    if (own && (sum > static_cast<double>(queries) || queries != keys))
        item.at("spans").fail(
            fmt::format("covers {:.0f} positions, expected at most the layer's {} queries and {} keys", sum,
                        queries, keys));
    if (layer.causal && queries != keys)
        item.fail(fmt::format("is causal with {} queries and {} keys, expected as many", queries, keys));
    if (layer.window > 0 && !layer.causal) item.at("window").fail("needs causal attention");
}

void attend(const JsonCursor& item, const ShapeRequest& request, Layer& layer) {
    if (request.inputs.size() != 3) item.at("with").fail("names one layer, expected [keys, values]");
    const TensorShape& keys = layer.with = request.inputs[1];
    const TensorShape& values = request.inputs[2];
    const std::int64_t heads = layer.heads;
    const std::int64_t pairs = layer.kv_heads;
    if (heads % pairs != 0)
        item.at("kv_heads").fail(fmt::format("is {}, expected a divisor of {} heads", pairs, heads));
    if (layer.in.channels % heads != 0)
        item.fail(fmt::format("has queries of {} features, expected a multiple of {} heads",
                              layer.in.channels, heads));
    if (keys.channels != layer.in.channels / heads * pairs)
        item.at("with").fail(fmt::format("has keys of {} features, expected {} heads of {}", keys.channels,
                                         pairs, layer.in.channels / heads));
    if (values.channels % pairs != 0 || values.positions() != keys.positions())
        item.at("with").fail(
            fmt::format("has values of {}, expected {} heads and the {} positions of the keys",
                        to_string(values), pairs, keys.positions()));
    for (const std::int64_t items : request.items)
        if (items != request.items.front())
            item.at("with").fail(fmt::format("has {} items a sample, expected {} as the queries", items,
                                             request.items.front()));
    layer.out.channels = values.channels / pairs * heads;
    fit_spans(item, layer);
}

void splice(const JsonCursor& item, const ShapeRequest& request, Layer& layer) {
    double moved = 0;
    for (std::size_t i = 1; i < request.inputs.size(); ++i) {
        if (request.inputs[i].channels != layer.in.channels)
            item.at("with").fail(fmt::format("has {} features, expected {} like the stream it goes into",
                                             request.inputs[i].channels, layer.in.channels));
        moved += static_cast<double>(request.inputs[i].positions()) * static_cast<double>(request.items[i]);
    }
    const double room = static_cast<double>(layer.in.positions()) * static_cast<double>(layer.items);
    if (moved > room)
        item.at("with").fail(fmt::format("has {:.0f} positions, expected at most {:.0f}", moved, room));
}

}  // namespace

void infer_sequence_shape(const JsonCursor& item, const ShapeRequest& request, Layer& layer) {
    switch (layer.kind) {
        case K::RmsNorm:
        case K::Rope:
            layer.size = request.size > 0 ? request.size : layer.in.channels;
            if (layer.size > layer.in.channels ||
                (layer.kind == K::RmsNorm && layer.in.channels % layer.size != 0))
                item.at("size").fail(fmt::format("is {} of {} channels, expected {}", layer.size,
                                                 layer.in.channels,
                                                 layer.kind == K::Rope ? "at most all" : "a divisor"));
            break;
        case K::Glu:
            if (layer.in.channels % 2 != 0)
                item.fail(fmt::format("reads {} channels, expected gate and value side by side",
                                      layer.in.channels));
            layer.out.channels = layer.in.channels / 2;
            break;
        case K::Select:
            layer.out = {layer.in.channels, 1,
                         static_cast<int>(std::max<std::int64_t>(request.positions, 1))};
            if (request.chosen > layer.items)
                item.at("items").fail(fmt::format("is {}, expected at most the {} items of what it reads",
                                                  request.chosen, layer.items));
            if (request.chosen >= 0) layer.items = request.chosen;
            if (request.positions == 0) layer.items = 0;
            break;
        case K::Combine:
            if (layer.in.positions() % request.ways != 0)
                item.at("ways").fail(fmt::format("is {}, expected a divisor of {} positions", request.ways,
                                                 layer.in.positions()));
            layer.out = {layer.in.channels, 1, static_cast<int>(layer.in.positions() / request.ways)};
            break;
        case K::Splice:
            splice(item, request, layer);
            break;
        case K::Attend:
            attend(item, request, layer);
            break;
        default:
            break;
    }
}

}  // namespace satsim
