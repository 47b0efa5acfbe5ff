#include "runtime/workload/layer_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/workload/layer_shape.hpp"

namespace satsim {
namespace {

using K = LayerKind;

constexpr int kMaxWindow = 1024;
constexpr int kMaxStride = 255;
// Products of these bounds with the largest batch still fit 64 bits.
constexpr std::int64_t kMaxElements = std::int64_t{1} << 36;
constexpr double kMaxMacs = 1e12;

constexpr std::array kEveryField = std::to_array<const char*>(
    {"out",   "kernel", "stride", "dilation",    "pad",        "output_pad", "groups",
     "bias",  "affine", "heads",  "class_token", "with",       "function",   "axis",
     "start", "size",   "step",   "shape",       "transposed", "trained",    "rows"});

// Fields beside kind, name and from; those with an asterisk are required.
std::vector<std::string_view> fields_of(LayerKind kind) {
    switch (kind) {
        case K::Conv:
            return {"*out", "*kernel", "stride", "dilation", "pad", "groups", "bias"};
        case K::ConvTranspose:
            return {"*out", "*kernel", "stride", "dilation", "pad", "output_pad", "groups", "bias"};
        case K::Linear:
            return {"*out", "bias"};
        case K::MatMul:
            return {"*with", "transposed"};
        case K::BatchNorm:
        case K::LayerNorm:
            return {"affine"};
        case K::GroupNorm:
            return {"*groups", "affine"};
        case K::Activation:
            return {"*function"};
        case K::MaxPool:
        case K::AvgPool:
            return {"*kernel", "stride", "dilation", "pad"};
        case K::Add:
        case K::Mul:
            return {"*with"};
        case K::Concat:
            return {"*with", "*axis"};
        case K::Slice:
            return {"*axis", "*start", "*size", "step"};
        case K::Reduce:
            return {"*axis"};
        case K::Reshape:
        case K::Resize:
            return {"*shape"};
        case K::Permute:
            return {"*shape", "transposed"};
        case K::Pad:
            return {"*pad"};
        case K::Parameter:
            return {"*shape", "trained"};
        case K::Lookup:
            return {"*rows", "*out"};
        case K::Embedding:
            return {"class_token"};
        case K::Attention:
            return {"heads", "bias"};
        default:
            return {};
    }
}

// What a missing field would have said.
const char* meaning(std::string_view field) {
    if (field == "out") return ": output channels";
    if (field == "with") return ": the layer that it is combined with";
    if (field == "shape") return ": channels, height and width";
    return "";
}

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
        return item_.has(key) ? item_.at(key).boolean() : otherwise;
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

void require_bounded(const JsonCursor& item, const Layer& layer) {
    const auto channels = static_cast<double>(layer.out.channels);
    const double elements = channels * layer.out.height * layer.out.width;
    const auto largest = static_cast<double>(kMaxElements);
    if (elements > largest || layer.out.channels > kMaxElements)
        item.fail(fmt::format("has an output of {}, expected at most 2^36 elements", to_string(layer.out)));
    const double reduced = static_cast<double>(layer.in.channels) / layer.groups * layer.kernel.area();
    const auto inputs = static_cast<double>(layer.in.elements());
    const double square_of_tokens = inputs * static_cast<double>(layer.in.positions());
    const double macs = layer.kind == K::Attention
                            ? 4 * inputs * static_cast<double>(layer.in.channels) + 2 * square_of_tokens
                        : layer.kind == K::ConvTranspose ? inputs * channels * layer.kernel.area()
                        : layer.has_gemm()               ? elements * reduced
                                                         : 0;
    const double table = static_cast<double>(layer.rows) * channels;
    if (macs > kMaxMacs || reduced * channels * layer.groups > kMaxMacs || table > largest)
        item.fail("has more than 10^12 multiply-accumulates or parameters");
}

}  // namespace

std::int64_t bound_integer(const JsonCursor& cursor, const Bindings& bindings, std::int64_t low,
                           std::int64_t high) {
    if (!cursor.is_text()) return cursor.integer(low, high);
    const std::string text = cursor.text();
    const auto found = text.front() == '$' ? bindings.find(text.substr(1)) : bindings.end();
    if (found == bindings.end())
        cursor.fail("is \"" + text + "\", expected an integer or $ and a block parameter");
    if (found->second < low || found->second > high) {
        cursor.fail(
            fmt::format("stands for {}, expected an integer from {} to {}", found->second, low, high));
    }
    return found->second;
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
    item.object({"kind"},
                {"name",   "from", "out",    "kernel", "stride",      "dilation", "pad",      "output_pad",
                 "groups", "bias", "affine", "heads",  "class_token", "with",     "function", "axis",
                 "start",  "size", "step",   "shape",  "transposed",  "trained",  "rows"});
    const std::vector<std::string_view> fields = fields_of(*kind);
    for (const char* field : kEveryField) {
        const bool belongs = std::any_of(fields.begin(), fields.end(), [&](std::string_view name_of) {
            return name_of.substr(name_of.front() == '*' ? 1 : 0) == field;
        });
        if (item.has(field) && !belongs) item.at(field).fail("does not belong to layers of kind " + name);
    }
    if (*kind == K::Parameter && item.has("from")) item.at("from").fail("does not belong to parameters");
    for (const std::string_view field : fields) {
        if (field.front() == '*' && !item.has(field.substr(1)))
            item.fail(fmt::format("lacks the field \"{}\"{}", field.substr(1), meaning(field.substr(1))));
    }
    return *kind;
}

void read_layer(const JsonCursor& item, const Bindings& bindings, const std::vector<TensorShape>& inputs,
                Layer& layer) {
    const Reader read(item, bindings);
    layer.kernel = read.extent("kernel", 1, kMaxWindow);
    layer.stride = read.extent("stride", 1, kMaxStride);
    layer.dilation = read.extent("dilation", 1, kMaxStride);
    layer.pad = read.padding("pad");
    layer.groups = read.integer("groups", 1, 1, static_cast<int>(kMaxSize));
    layer.heads = read.integer("heads", 1, 1, 1024);
    layer.bias = read.boolean("bias", false);
    layer.affine = read.boolean("affine", true);
    layer.class_token = read.boolean("class_token", false);
    layer.transposed = read.boolean("transposed", false);
    layer.rows = read.integer("rows", 0, 1, 1 << 30);
    if (item.has("function")) layer.function = read.function("function");
    if (item.has("axis")) layer.axis = read.axis("axis");
    layer.start = read.integer("start", 0, 0, static_cast<int>(kMaxSize));

    layer.step = read.integer("step", 1, 1, static_cast<int>(kMaxSize));

    ShapeRequest request;
    request.inputs = inputs;
    if (item.has("out")) request.out = bound_integer(item.at("out"), bindings, 1, kMaxSize);
    if (item.has("shape")) request.shape = read.shape("shape");
    request.size = read.integer("size", 0, 1, static_cast<int>(kMaxSize));
    request.output_pad = item.has("output_pad") ? read.extent("output_pad", 0, kMaxStride) : Extent{0, 0};
    infer_shape(item, request, layer);
    if (layer.kind == K::Parameter) {
        const std::int64_t own = layer.out.elements();
        layer.trained =
            item.has("trained") ? bound_integer(item.at("trained"), bindings, 0, kMaxElements) : own;
    }
    require_bounded(item, layer);
}

}  // namespace satsim
