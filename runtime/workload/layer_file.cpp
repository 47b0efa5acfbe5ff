#include "runtime/workload/layer_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/support/expression.hpp"
#include "runtime/workload/layer_fields.hpp"
#include "runtime/workload/layer_shape.hpp"

namespace satsim {
namespace {

using K = LayerKind;

constexpr int kMaxWindow = 1024;
constexpr int kMaxSets = 1024;
constexpr int kMaxStride = 255;
// Products of these bounds with the largest batch still fit 64 bits.
constexpr std::int64_t kMaxElements = std::int64_t{1} << 36;
constexpr double kMaxMacs = 1e15;
constexpr double kMaxParameters = 1e12;

class Reader {
  public:
    Reader(const JsonCursor& item, const Bindings& bindings) : item_(item), bindings_(bindings) {}

    [[nodiscard]] int integer(const char* key, int otherwise, int low, int high) const {
        return item_.has(key) ? static_cast<int>(bound_integer(item_.at(key), bindings_, low, high))
                              : otherwise;
    }

    // A side, or [height, width].
    [[nodiscard]] Extent extent(const char* key, int low, int high) const {
        if (!item_.has(key)) return square(low);
        const std::vector<int> sides = list(item_.at(key), low, high);
        if (sides.size() > 2) item_.at(key).fail("has too many elements, expected [height, width]");
        return {sides.front(), sides.back()};
    }

    // All sides, [height, width] or [top, left, bottom, right].
    [[nodiscard]] Padding padding(const char* key) const {
        if (!item_.has(key)) return {};
        const std::vector<int> p = list(item_.at(key), 0, kMaxWindow);
        if (p.size() == 1) return around(p[0]);
        if (p.size() == 2) return {p[0], p[1], p[0], p[1]};
        if (p.size() != 4) item_.at(key).fail("has 3 elements, expected [top, left, bottom, right]");
        return {p[0], p[1], p[2], p[3]};
    }

    [[nodiscard]] TensorShape shape(const char* key) const {
        const JsonCursor cursor = item_.at(key);
        if (cursor.size(3) != 3) cursor.fail("has too many elements, expected [channels, height, width]");
        TensorShape shape;
        shape.channels = bound_integer(cursor.at(0), bindings_, 1, kMaxElements);
        shape.height = static_cast<int>(bound_integer(cursor.at(1), bindings_, 1, kMaxSize));
        shape.width = static_cast<int>(bound_integer(cursor.at(2), bindings_, 1, kMaxSize));
        return shape;
    }

    [[nodiscard]] bool boolean(const char* key, bool otherwise) const {
        return item_.has(key) ? bound_boolean(item_.at(key), bindings_) : otherwise;
    }

    [[nodiscard]] Axis axis(const char* key) const {
        const std::string text = item_.at(key).text();
        for (const Axis axis : {Axis::Channels, Axis::Height, Axis::Width}) {
            if (text == to_string(axis)) return axis;
        }
        item_.at(key).fail("is \"" + text + "\", expected channels, height or width");
    }

    [[nodiscard]] std::string function(const char* key) const {
        const std::string text = item_.at(key).text();
        if (find_element_function(text) != nullptr) return text;
        std::string known;
        for (const ElementFunction& f : element_functions())
            known += (known.empty() ? "" : ", ") + std::string(f.name);
        item_.at(key).fail("is \"" + text + "\", expected one of " + known);
    }

  private:
    // One number, or an array of one to four.
    [[nodiscard]] std::vector<int> list(const JsonCursor& cursor, int low, int high) const {
        if (!cursor.is_array()) return {static_cast<int>(bound_integer(cursor, bindings_, low, high))};
        const std::size_t count = cursor.size(1);
        if (count > 4) cursor.fail("has too many elements");
        std::vector<int> values;
        for (std::size_t i = 0; i < count; ++i)
            values.push_back(static_cast<int>(bound_integer(cursor.at(i), bindings_, low, high)));
        return values;
    }

    const JsonCursor& item_;
    const Bindings& bindings_;
};

double attend_macs(const Layer& layer) {
    double pairs = 0;
    for (const Span& span : layer.spans)
        pairs += static_cast<double>(span.count) * static_cast<double>(span.queries) *
                 static_cast<double>(span.keys);
    return pairs * static_cast<double>(layer.in.channels + layer.out.channels);
}

void require_bounded(const JsonCursor& item, const Layer& layer) {
    const auto channels = static_cast<double>(layer.out.channels);
    const double elements = channels * layer.out.height * layer.out.width;
    const auto largest = static_cast<double>(kMaxElements);
    if (elements > largest || layer.out.channels > kMaxElements)
        item.fail(fmt::format("has an output of {}, expected at most 2^36 elements", to_string(layer.out)));
    const double reduced = static_cast<double>(layer.in.channels) / layer.groups * layer.kernel.area();
    const auto inputs = static_cast<double>(layer.in.elements());
    const double square_of_tokens = inputs * static_cast<double>(layer.in.positions());
    const double macs = layer.kind == K::Attend     ? attend_macs(layer)
                        : layer.kind == K::Quantize ? inputs * static_cast<double>(layer.rows)
                        : layer.kind == K::Attention
                            ? 4 * inputs * static_cast<double>(layer.in.channels) + 2 * square_of_tokens
                        : layer.kind == K::ConvTranspose ? inputs * channels * layer.kernel.area()
                        : layer.has_gemm()               ? elements * reduced
                                                         : 0;
    const double table = static_cast<double>(layer.rows) * std::max(channels, reduced);
    const double weights =
        reduced * channels * layer.groups * static_cast<double>(std::max<std::size_t>(layer.sets.size(), 1));
    if (macs > kMaxMacs || weights > kMaxParameters || table > largest)
        item.fail("has more than 10^15 multiply-accumulates or 10^12 parameters");
}

}  // namespace

std::int64_t bound_integer(const JsonCursor& cursor, const Bindings& bindings, std::int64_t low,
                           std::int64_t high) {
    if (!cursor.is_text()) return cursor.integer(low, high);
    const std::string text = cursor.text();
    const auto find = [&](std::string_view name) {
        const auto found = bindings.find(name);
        return found == bindings.end() ? std::nullopt : std::optional(found->second);
    };
    // Names of parameters may hold any letters when nothing else stands beside them.
    const std::optional<std::int64_t> whole = text.front() == '$' ? find(text.substr(1)) : std::nullopt;
    const ExpressionValue result = whole ? ExpressionValue{*whole, ""} : evaluate_expression(text, find);
    if (!result.fault.empty())
        cursor.fail("is " + shown(cursor.node()) + ": " + result.fault +
                    "; expected an integer or an expression of parameters");
    if (result.value < low || result.value > high) {
        cursor.fail(fmt::format("stands for {}, expected an integer from {} to {}", result.value, low, high));
    }
    return result.value;
}

bool bound_boolean(const JsonCursor& cursor, const Bindings& bindings) {
    return cursor.is_text() ? bound_integer(cursor, bindings, INT64_MIN, INT64_MAX) != 0 : cursor.boolean();
}

LayerKind read_kind(const JsonCursor& item) {
    const std::string name = item.at("kind").text();
    const std::optional<LayerKind> kind = layer_kind(name);
    if (!kind) {
        std::string known;
        for (int i = 0; i <= static_cast<int>(LayerKind::Loss); ++i)
            known += (known.empty() ? "" : ", ") + std::string(to_string(static_cast<LayerKind>(i)));
        item.at("kind").fail("is \"" + name + "\", expected one of " + known);
    }
    require_fields(item, *kind);
    return *kind;
}

namespace {

// Positions for each of several weights: a number of equal shares, or the shares themselves.
std::vector<std::int64_t> read_sets(const JsonCursor& item, const Bindings& bindings,
                                    std::int64_t positions) {
    if (!item.has("sets")) return {};
    const JsonCursor sets = item.at("sets");
    std::vector<std::int64_t> shares;
    if (!sets.is_array()) {
        const std::int64_t count = bound_integer(sets, bindings, 1, kMaxSets);
        if (count == 1) return {};
        for (std::int64_t i = 0; i < count; ++i)
            shares.push_back(positions / count + (i < positions % count ? 1 : 0));
        return shares;
    }
    const std::size_t count = sets.size(1);
    if (count > kMaxSets) sets.fail("has too many elements");
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        shares.push_back(bound_integer(sets.at(i), bindings, 0, kMaxSide));
        sum += shares.back();
    }
    if (sum != positions)
        sets.fail(fmt::format("adds up to {}, expected the {} positions of the layer", sum, positions));
    return shares;
}

// A name that the sample gives spans to, or [length, count] pairs.
std::vector<Span> read_spans(const JsonCursor& item, const Bindings& bindings, const SpanTable& table) {
    if (!item.has("spans")) return {};
    const JsonCursor spans = item.at("spans");
    if (!spans.is_array()) {
        const auto found = table.find(spans.text());
        if (found != table.end()) return found->second;
        std::string known;
        for (const auto& [name, list] : table) known += (known.empty() ? "" : ", ") + name;
        spans.fail("is " + shown(spans.node()) + ", expected " +
                   (known.empty() ? "[length, count] pairs: the sample has no spans" : "one of " + known));
    }
    std::vector<Span> list;
    for (std::size_t i = 0; i < spans.size(1); ++i) {
        if (spans.at(i).size(2) != 2) spans.at(i).fail("has too many elements, expected [length, count]");
        const std::int64_t length = bound_integer(spans.at(i).at(0), bindings, 1, kMaxSide);
        list.push_back({length, length, bound_integer(spans.at(i).at(1), bindings, 1, kMaxSide)});
    }
    return list;
}

}  // namespace

void read_layer(const JsonCursor& item, const Bindings& bindings, const SpanTable& spans,
                const LayerInputs& inputs, Layer& layer) {
    const Reader read(item, bindings);
    layer.kernel = read.extent("kernel", 1, kMaxWindow);
    layer.stride = read.extent("stride", 1, kMaxStride);
    layer.dilation = read.extent("dilation", 1, kMaxStride);
    layer.pad = read.padding("pad");
    layer.groups = read.integer("groups", 1, 1, static_cast<int>(kMaxSize));
    layer.heads = read.integer("heads", 1, 1, 1024);
    layer.kv_heads = read.integer("kv_heads", layer.heads, 1, 1024);
    layer.bias = read.boolean("bias", false);
    layer.affine = read.boolean("affine", true);
    layer.shift = read.boolean("shift", true);
    layer.class_token = read.boolean("class_token", false);
    layer.transposed = read.boolean("transposed", false);
    layer.causal = read.boolean("causal", false);
    layer.rows = read.integer("rows", 0, 1, 1 << 30);
    layer.window = read.integer("window", 0, 0, kMaxSide);
    if (item.has("function")) layer.function = read.function("function");
    if (item.has("axis")) layer.axis = read.axis("axis");
    layer.start = read.integer("start", 0, 0, static_cast<int>(kMaxSize));
    layer.step = read.integer("step", 1, 1, static_cast<int>(kMaxSize));
    layer.spans = read_spans(item, bindings, spans);

    ShapeRequest request;
    request.inputs = inputs.shapes;
    request.items = inputs.items;
    if (item.has("out")) request.out = bound_integer(item.at("out"), bindings, 1, kMaxSize);
    if (item.has("shape")) request.shape = read.shape("shape");
    request.size = read.integer("size", 0, 1, static_cast<int>(kMaxSize));
    request.positions = read.integer("positions", 0, 0, kMaxSide);
    if (item.has("items")) request.chosen = bound_integer(item.at("items"), bindings, 0, kMaxSize);
    request.ways = read.integer("ways", 1, 1, 1024);
    request.output_pad = item.has("output_pad") ? read.extent("output_pad", 0, kMaxStride) : Extent{0, 0};
    infer_shape(item, request, layer);
    layer.sets = read_sets(item, bindings, layer.in.positions());
    if (layer.kind == K::Parameter) {
        const std::int64_t own = layer.out.elements();
        layer.trained =
            item.has("trained") ? bound_integer(item.at("trained"), bindings, 0, kMaxElements) : own;
    }
    require_bounded(item, layer);
}

}  // namespace satsim
