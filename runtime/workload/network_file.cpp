// Reads network files: expands blocks, resolves inputs, infers shapes.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"
#include "runtime/workload/layer_file.hpp"

namespace satsim {
namespace {

using nlohmann::json;

constexpr int kMaxBlockDepth = 8;
constexpr std::size_t kMaxLayers = 100000;

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
                inner[key] = bound_integer(with.at(key), bindings, 0, kMaxSize);
        }
        const std::int64_t repeat =
            item.has("repeat") ? bound_integer(item.at("repeat"), bindings, 1, 10000) : 1;
        const std::string base = prefix + item.at("name").text();
        for (std::int64_t r = 0; r < repeat; ++r) {
            const std::string name = repeat > 1 ? base + "." + std::to_string(r) : base;
            std::map<std::string, int> local;
            const int entry = static_cast<int>(network_.layers.size()) - 1;
            expand(block, name + ".", inner, entry, local, depth + 1);
        }
        names[item.at("name").text()] = static_cast<int>(network_.layers.size()) - 1;
    }

    void add_layer(const JsonCursor& item, const std::string& prefix, const Bindings& bindings,
                   std::map<std::string, int>& names) {
        Layer layer;
        layer.kind = read_kind(item);
        const std::string own =
            item.has("name") ? item.at("name").text()
                             : std::string(to_string(layer.kind)) + std::to_string(network_.layers.size());
        layer.name = prefix + own;
        connect(item, names, layer);
        std::vector<TensorShape> shapes;
        for (const int input : layer.inputs) shapes.push_back(shape_of(input));
        read_layer(item, bindings, shapes, layer);
        if (!names.emplace(own, static_cast<int>(network_.layers.size())).second) {
            item.fail("repeats the name \"" + own + "\"");
        }
        network_.layers.push_back(std::move(layer));
    }

    // Which layers it reads: `from`, else the one before, and those of `with`.
    void connect(const JsonCursor& item, const std::map<std::string, int>& names, Layer& layer) const {
        if (layer.kind == LayerKind::Parameter) return;
        layer.inputs.push_back(item.has("from") ? resolve(item.at("from"), names)
                                                : static_cast<int>(network_.layers.size()) - 1);
        if (!item.has("with")) return;
        const JsonCursor with = item.at("with");
        if (!with.is_array()) {
            layer.inputs.push_back(resolve(with, names));
            return;
        }
        const std::size_t count = with.size(1);
        for (std::size_t i = 0; i < count; ++i) layer.inputs.push_back(resolve(with.at(i), names));
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

}  // namespace satsim
