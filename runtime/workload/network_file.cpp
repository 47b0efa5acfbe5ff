// Reads network files: expands blocks, resolves inputs, infers shapes.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"
#include "runtime/workload/network.hpp"

namespace satsim {
namespace {

using nlohmann::json;

constexpr std::int64_t kMaxSize = 1 << 20;
constexpr int kMaxBlockDepth = 8;
constexpr std::size_t kMaxLayers = 100000;

const std::map<std::string, LayerKind>& kinds() {
    static const std::map<std::string, LayerKind> table = [] {
        std::map<std::string, LayerKind> t;
        for (int i = 0; i <= static_cast<int>(LayerKind::Loss); ++i) {
            t.emplace(to_string(static_cast<LayerKind>(i)), static_cast<LayerKind>(i));
        }
        return t;
    }();
    return table;
}

// Values of a block's parameters; a field "$name" stands for one of them.
using Bindings = std::map<std::string, std::int64_t>;

class Builder {
  public:
    Builder(const JsonCursor& root, Network& network) : root_(root), network_(network) {}

    void build() {
        std::map<std::string, int> names;
        expand(root_.at("layers"), "", {}, -1, names, 0);
        if (network_.layers.empty()) root_.at("layers").fail("has no layers, expected at least one");
    }

  private:
    // Appends the layers of one list. `names` maps the names visible here to layers; `entry` is the block's
    // input.
    void expand(const JsonCursor& list, const std::string& prefix, const Bindings& bindings, int entry,
                std::map<std::string, int>& names, int depth) {
        if (depth > kMaxBlockDepth) list.fail("nests blocks deeper than 8 levels");
        names["input"] = entry;
        const std::size_t count = list.size(1);
        for (std::size_t i = 0; i < count; ++i) {
            const JsonCursor item = list.at(i);
            if (!item.node().is_object()) item.object({});
            if (item.has("block")) {
                expand_block(item, prefix, bindings, names, depth);
            } else {
                add_layer(item, prefix, bindings, names);
            }
            if (network_.layers.size() > kMaxLayers) item.fail("makes the network longer than 100000 layers");
        }
    }

    void expand_block(const JsonCursor& item, const std::string& prefix, const Bindings& bindings,
                      std::map<std::string, int>& names, int depth) {
        item.object({"block", "name"}, {"repeat", "with"});
        const std::string wanted = item.at("block").text();
        if (!root_.has("blocks") || !root_.at("blocks").has(wanted)) {
            item.at("block").fail("is \"" + wanted + "\", expected the name of one of the file's blocks");
        }
        const JsonCursor block = root_.at("blocks").at(wanted);
        Bindings inner;
        if (item.has("with")) {
            const JsonCursor with = item.at("with");
            for (const std::string& key : with.names())
                inner[key] = integer(with.at(key), bindings, 0, kMaxSize);
        }
        const std::int64_t repeat = item.has("repeat") ? integer(item.at("repeat"), bindings, 1, 10000) : 1;
        const std::string base = prefix + item.at("name").text();
        for (std::int64_t r = 0; r < repeat; ++r) {
            const std::string name = repeat > 1 ? base + "." + std::to_string(r) : base;
            std::map<std::string, int> local;
            const int entry = static_cast<int>(network_.layers.size()) - 1;
            expand(block, name + ".", inner, entry, local, depth + 1);
        }
        names[item.at("name").text()] = static_cast<int>(network_.layers.size()) - 1;
    }

    [[nodiscard]] std::int64_t integer(const JsonCursor& cursor, const Bindings& bindings, std::int64_t low,
                                       std::int64_t high) const {
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

    void add_layer(const JsonCursor& item, const std::string& prefix, const Bindings& bindings,
                   std::map<std::string, int>& names) {
        item.object({"kind"}, {"name", "from", "with", "out", "kernel", "stride", "pad", "groups", "bias",
                               "heads", "class_token"});
        const auto kind = kinds().find(item.at("kind").text());
        if (kind == kinds().end()) {
            std::string known;
            for (const auto& [name, value] : kinds()) known += (known.empty() ? "" : ", ") + name;
            item.at("kind").fail("is \"" + item.at("kind").text() + "\", expected one of " + known);
        }
        Layer layer;
        layer.kind = kind->second;
        const std::string own =
            item.has("name") ? item.at("name").text()
                             : std::string(to_string(layer.kind)) + std::to_string(network_.layers.size());
        layer.name = prefix + own;
        layer.inputs.push_back(item.has("from") ? resolve(item.at("from"), names)
                                                : static_cast<int>(network_.layers.size()) - 1);
        layer.in = shape_of(layer.inputs.front());
        read_fields(item, bindings, layer);
        if (layer.kind == LayerKind::Add) {
            if (!item.has("with")) item.fail("lacks the field \"with\": the layer that is added");
            layer.inputs.push_back(resolve(item.at("with"), names));
            if (shape_of(layer.inputs.back()) != layer.in) {
                item.at("with").fail(fmt::format("has shape {}, expected {} like the layer it is added to",
                                                 shape_text(shape_of(layer.inputs.back())),
                                                 shape_text(layer.in)));
            }
        } else if (item.has("with")) {
            item.at("with").fail("belongs to layers of kind add only");
        }
        infer(item, bindings, layer);
        if (!names.emplace(own, static_cast<int>(network_.layers.size())).second) {
            item.fail("repeats the name \"" + own + "\"");
        }
        network_.layers.push_back(std::move(layer));
    }

    [[nodiscard]] int resolve(const JsonCursor& cursor, const std::map<std::string, int>& names) const {
        const auto found = names.find(cursor.text());
        if (found == names.end())
            cursor.fail("is \"" + cursor.text() + "\", expected the name of an earlier layer or \"input\"");
        return found->second;
    }

    [[nodiscard]] const TensorShape& shape_of(int index) const {
        return index < 0 ? network_.input : network_.layers[static_cast<std::size_t>(index)].out;
    }

    static std::string shape_text(const TensorShape& s) {
        return fmt::format("{}x{}x{}", s.channels, s.height, s.width);
    }

    void read_fields(const JsonCursor& item, const Bindings& bindings, Layer& layer) const {
        const auto read = [&](const char* key, int otherwise, int low, int high) {
            return item.has(key) ? static_cast<int>(integer(item.at(key), bindings, low, high)) : otherwise;
        };
        const bool windowed = layer.kind == LayerKind::Conv || layer.kind == LayerKind::MaxPool ||
                              layer.kind == LayerKind::AvgPool;
        for (const char* key : {"kernel", "stride", "pad"}) {
            if (item.has(key) && !windowed) item.at(key).fail("belongs to convolutions and pooling only");
        }
        if (windowed && !item.has("kernel")) item.fail("lacks the field \"kernel\"");
        layer.kernel = read("kernel", 1, 1, 1024);
        layer.stride = read("stride", 1, 1, 255);
        layer.pad = read("pad", 0, 0, 1024);
        layer.groups = read("groups", 1, 1, static_cast<int>(kMaxSize));
        layer.heads = read("heads", 1, 1, 1024);
        layer.bias = item.has("bias") && item.at("bias").boolean();
        layer.class_token = item.has("class_token") && item.at("class_token").boolean();
    }

    void infer(const JsonCursor& item, const Bindings& bindings, Layer& layer) const {
        layer.out = layer.in;
        switch (layer.kind) {
            case LayerKind::Conv:
            case LayerKind::MaxPool:
            case LayerKind::AvgPool: {
                const auto side = [&](int in) {
                    return (in + 2 * layer.pad - layer.kernel) / layer.stride + 1;
                };
                if (layer.in.height + 2 * layer.pad < layer.kernel ||
                    layer.in.width + 2 * layer.pad < layer.kernel) {
                    item.at("kernel").fail(fmt::format("is {} on an input of {}, expected a kernel that fits",
                                                       layer.kernel, shape_text(layer.in)));
                }
                if (layer.kind != LayerKind::Conv && layer.pad * 2 > layer.kernel) {
                    item.at("pad").fail("is more than half the kernel");
                }
                layer.out.height = side(layer.in.height);
                layer.out.width = side(layer.in.width);
                if (layer.kind == LayerKind::Conv) {
                    layer.out.channels = required_out(item, bindings);
                    if (layer.in.channels % layer.groups != 0 || layer.out.channels % layer.groups != 0) {
                        item.at("groups").fail(
                            fmt::format("is {}, expected a divisor of {} input and {} output channels",
                                        layer.groups, layer.in.channels, layer.out.channels));
                    }
                }
                break;
            }
            case LayerKind::Linear:
                layer.out.channels = required_out(item, bindings);
                break;
            case LayerKind::GlobalPool:
                layer.out.height = layer.out.width = 1;
                break;
            case LayerKind::Flatten:
                layer.out = {layer.in.elements(), 1, 1};
                break;
            case LayerKind::Tokens:
                layer.out = {layer.in.channels, 1, layer.in.height * layer.in.width};
                break;
            case LayerKind::Embedding:
                layer.out.width = layer.in.width + (layer.class_token ? 1 : 0);
                break;
            case LayerKind::SelectToken:
                layer.out.width = 1;
                break;
            case LayerKind::Attention:
                if (layer.in.channels % layer.heads != 0) {
                    item.at("heads").fail(fmt::format("is {}, expected a divisor of {} features", layer.heads,
                                                      layer.in.channels));
                }
                break;
            default:
                break;
        }
        if ((layer.kind == LayerKind::Embedding || layer.kind == LayerKind::Attention) &&
            layer.in.height != 1) {
            item.fail("needs a sequence, expected a layer of kind tokens before it");
        }
    }

    [[nodiscard]] std::int64_t required_out(const JsonCursor& item, const Bindings& bindings) const {
        if (!item.has("out")) item.fail("lacks the field \"out\": output channels");
        return integer(item.at("out"), bindings, 1, kMaxSize);
    }

    const JsonCursor& root_;
    Network& network_;
};

}  // namespace

Network parse_network(const json& document, const std::string& file) {
    const JsonCursor root(document, file);
    root.object({"name", "input", "batch", "layers", "source"}, {"blocks"});
    Network network;
    network.name = root.at("name").text();
    network.source = root.at("source").text();
    network.batch = root.at("batch").integer(1, 1 << 20);
    const JsonCursor input = root.at("input");
    input.object({"channels", "height", "width"});
    network.input.channels = input.at("channels").integer(1, kMaxSize);
    network.input.height = static_cast<int>(input.at("height").integer(1, 65536));
    network.input.width = static_cast<int>(input.at("width").integer(1, 65536));
    if (root.has("blocks") && !root.at("blocks").node().is_object()) root.at("blocks").object({});
    Builder(root, network).build();
    return network;
}

Network load_network(const std::filesystem::path& path) {
    return parse_network(parse_json_file(path), path.string());
}

json describe(const Network& network, std::int64_t batch) {
    json layers = json::array();
    const int first = network.first_gemm();
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const Layer& layer = network.layers[i];
        const Macs macs = layer.forward_macs();
        // The products of attention (scores, context) have no weight; each has two gradients.
        const Macs projections =
            layer.kind == LayerKind::Attention ? 4 * layer.in.elements() * layer.in.channels : macs;
        const Macs products = macs - projections;
        const bool has_bp = static_cast<int>(i) != first;
        layers.push_back(
            {{"name", layer.name},
             {"kind", to_string(layer.kind)},
             {"output_shape", {layer.out.channels, layer.out.height, layer.out.width}},
             {"parameters", layer.parameters()},
             {"macs",
              {{"FF", macs}, {"BP", (has_bp ? projections : 0) + 2 * products}, {"WU", projections}}}});
    }
    return {{"name", network.name},
            {"batch", batch},
            {"parameters", network.parameters()},
            {"forward_macs_per_sample", network.forward_macs()},
            {"layers", layers}};
}

}  // namespace satsim
