#include "runtime/workload/layer_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace satsim {
namespace {

using K = LayerKind;

constexpr std::array kEveryField = std::to_array<const char*>(
    {"out",    "kernel", "stride",      "dilation",  "pad",      "output_pad", "groups", "bias",
     "affine", "heads",  "class_token", "with",      "function", "axis",       "start",  "size",
     "step",   "shape",  "transposed",  "trained",   "rows",     "tied",       "sets",   "kv_heads",
     "spans",  "causal", "window",      "positions", "ways",     "items",      "shift"});

// What a missing field would have said.
const char* meaning(std::string_view field) {
    if (field == "out") return ": output channels";
    if (field == "with") return ": the layer that it is combined with";
    if (field == "shape") return ": channels, height and width";
    return "";
}

}  // namespace

std::vector<std::string_view> fields_of(LayerKind kind) {
    switch (kind) {
        case K::Conv:
            return {"*out", "*kernel", "stride", "dilation", "pad", "groups", "bias"};
        case K::ConvTranspose:
            return {"*out", "*kernel", "stride", "dilation", "pad", "output_pad", "groups", "bias"};
        case K::Linear:
            return {"*out", "bias", "sets", "tied"};
        case K::MatMul:
            return {"*with", "transposed"};
        case K::BatchNorm:
            return {"affine"};
        case K::LayerNorm:
            return {"affine", "shift", "sets"};
        case K::RmsNorm:
            return {"affine", "size", "sets"};
        case K::GroupNorm:
            return {"*groups", "affine"};
        case K::Activation:
        case K::Glu:
            return {"*function"};
        case K::MaxPool:
        case K::AvgPool:
            return {"*kernel", "stride", "dilation", "pad"};
        case K::Add:
        case K::Mul:
        case K::Splice:
            return {"*with"};
        case K::Select:
            return {"*positions", "items"};
        case K::Combine:
            return {"*ways"};
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
            return {"class_token", "rows"};
        case K::Rope:
            return {"size"};
        case K::Attend:
            return {"*with", "heads", "kv_heads", "spans", "causal", "window"};
        case K::Quantize:
            return {"*rows"};
        case K::Attention:
            return {"heads", "bias"};
        default:
            return {};
    }
}

void require_fields(const JsonCursor& item, LayerKind kind) {
    item.object({"kind"},
                {"name",        "from",       "when",       "trainable", "out",   "kernel", "stride",
                 "dilation",    "pad",        "output_pad", "groups",    "bias",  "affine", "heads",
                 "class_token", "with",       "function",   "axis",      "start", "size",   "step",
                 "shape",       "transposed", "trained",    "rows",      "tied",  "sets",   "kv_heads",
                 "spans",       "causal",     "window",     "positions", "ways",  "items",  "shift"});
    const std::vector<std::string_view> fields = fields_of(kind);
    for (const char* field : kEveryField) {
        const bool belongs = std::any_of(fields.begin(), fields.end(), [&](std::string_view name_of) {
            return name_of.substr(name_of.front() == '*' ? 1 : 0) == field;
        });
        if (item.has(field) && !belongs)
            item.at(field).fail(std::string("does not belong to layers of kind ") + to_string(kind));
    }
    if (kind == K::Parameter && item.has("from")) item.at("from").fail("does not belong to parameters");
    for (const std::string_view field : fields) {
        if (field.front() == '*' && !item.has(field.substr(1)))
            item.fail(fmt::format("lacks the field \"{}\"{}", field.substr(1), meaning(field.substr(1))));
    }
}

}  // namespace satsim
