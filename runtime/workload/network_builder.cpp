#include "runtime/workload/network_builder.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace satsim {
namespace {

constexpr int kMaxBlockDepth = 8;
constexpr std::size_t kMaxLayers = 100000;
constexpr std::int64_t kMaxRepeat = 10000;
constexpr int kNothing = -1000000;  // of several inputs none is the one before

std::string place_of(const JsonCursor& body) {
    return body.file() + "#" + body.pointer();
}

}  // namespace

NetworkBuilder::NetworkBuilder(Network& network, const SpanTable& spans, ModuleFiles& files,
                               std::int64_t pieces)
    : network_(network), spans_(spans), files_(files), pieces_(pieces) {}

void NetworkBuilder::build(const JsonCursor& root, const ModuleScope& scope) {
    network_.modules = {{network_.name, "", "", -1, 1}};
    List list{scope, "", "", 0, 1, true, 0, -1, 0, {}, {}};
    list.previous = network_.inputs.size() == 1 ? -1 : kNothing;
    for (std::size_t i = 0; i < network_.inputs.size(); ++i)
        list.names[network_.inputs[i].name] = -1 - static_cast<int>(i);
    open_.push_back(place_of(root));
    expand(root.at("layers"), list);
    if (network_.layers.empty()) root.at("layers").fail("has no layers, expected at least one");
}

void NetworkBuilder::expand(const JsonCursor& layers, List& list) {
    list.number = lists_++;
    const std::size_t count = layers.size(1);
    for (std::size_t i = 0; i < count; ++i) {
        const JsonCursor item = layers.at(i);
        if (!item.node().is_object()) item.object({});
        if (left_out(item, list)) continue;
        if (item.has("block"))
            add_block(item, list);
        else if (item.has("module"))
            add_module(item, list);
        else
            add_layer(item, list);
        if (network_.layers.size() > kMaxLayers) item.fail("makes the network longer than 100000 layers");
    }
}

bool NetworkBuilder::left_out(const JsonCursor& item, List& list) {
    if (!item.has("when") || bound_boolean(item.at("when"), list.scope.parameters)) return false;
    if (item.has("name")) {
        const std::string name = item.at("name").name();
        if (list.names.emplace(name, entry_of(item, list)).second) list.skipped.insert(name);
    }
    return true;
}

int NetworkBuilder::entry_of(const JsonCursor& item, const List& list) const {
    if (item.has("from")) return resolve(item.at("from"), list);
    if (list.previous == kNothing)
        item.fail("lacks the field \"from\": the network has several inputs, and none comes before");
    return list.previous;
}

int NetworkBuilder::resolve(const JsonCursor& cursor, const List& list) const {
    const auto found = list.names.find(cursor.text());
    if (found == list.names.end() || found->second == kNothing)
        cursor.fail("is " + shown(cursor.node()) +
                    ", expected the name of an earlier layer or module, or of an input");
    return found->second;
}

void NetworkBuilder::declare(const JsonCursor& item, const std::string& name, int index, List& list) const {
    const auto [place, is_new] = list.names.emplace(name, index);
    if (!is_new && list.skipped.erase(name) == 0) item.fail("repeats the name " + shown(name));
    place->second = index;
}

int NetworkBuilder::node_of(const std::string& path, const std::string& name, const std::string& module,
                            int parent, std::int64_t repeat) {
    const auto [place, is_new] = nodes_.emplace(path, static_cast<int>(network_.modules.size()));
    if (is_new) network_.modules.push_back({name, path, module, parent, repeat});
    return place->second;
}

void NetworkBuilder::add_block(const JsonCursor& item, List& list) {
    item.object({"block", "name"}, {"repeat", "with", "when"});
    const JsonCursor block = find_block(item.at("block"), list.scope);
    const Bindings& outer = list.scope.parameters;
    Bindings inner = list.scope.parameters;
    if (item.has("with")) {
        const JsonCursor with = item.at("with");
        for (const std::string& key : with.names())
            inner[key] = bound_integer(with.at(key), outer, 0, kMaxSize);
    }
    const std::int64_t repeat =
        item.has("repeat") ? bound_integer(item.at("repeat"), outer, 1, kMaxRepeat) : 1;
    const std::string own = item.at("name").name();
    const std::string path = list.path + own;
    const int node = node_of(path, own, item.at("block").name(), list.node, repeat);
    const ModuleScope scope{list.scope.body, list.scope.outer, list.scope.folder, std::move(inner)};
    if (list.depth >= kMaxBlockDepth) block.fail("nests blocks deeper than 8 levels");
    for (std::int64_t r = 0; r < repeat; ++r) {
        const std::string label = repeat > 1 ? own + "." + std::to_string(r) : own;
        List local{scope,
                   list.prefix + label + ".",
                   path + ".",
                   node,
                   list.repeat,
                   list.trainable,
                   list.depth + 1,
                   list.region,
                   list.previous,
                   {{"input", list.previous}},
                   {}};
        expand(block, local);
        list.previous = local.previous;
    }
    list.names[own] = list.previous;
}

void NetworkBuilder::add_module(const JsonCursor& item, List& list) {
    item.object({"module", "name"}, {"parameters", "repeat", "trainable", "from", "with", "when"});
    const ModuleDefinition definition = find_module(item.at("module"), list.scope, files_);
    const JsonCursor& body = definition.body;
    body.object({"layers"},
                {"name", "source", "parameters", "inputs", "modules", "blocks", "trainable", "comment"});
    const std::string place = place_of(body);
    if (std::find(open_.begin(), open_.end(), place) != open_.end())
        item.at("module").fail("is " + shown(item.at("module").node()) +
                               ", a cycle: that module contains this one");
    if (open_.size() > 16) item.at("module").fail("nests modules deeper than 16 levels");

    const Bindings& user = list.scope.parameters;
    const std::optional<JsonCursor> given =
        item.has("parameters") ? std::optional(item.at("parameters")) : std::nullopt;
    ParameterSources sources;
    if (given) sources.given = &*given;
    sources.user = &user;
    if (definition.outer != nullptr) sources.outer = &definition.outer->parameters;
    const ModuleScope scope{body, definition.outer, definition.folder, resolve_parameters(body, sources)};

    const std::string own = item.at("name").name();
    const std::int64_t repeat =
        item.has("repeat") ? bound_integer(item.at("repeat"), user, 0, kMaxRepeat) : 1;
    const int entry = entry_of(item, list);
    if (repeat == 0) {
        declare(item, own, entry, list);
        return;
    }
    List inner{scope,
               list.prefix + own,
               list.path + own + ".",
               0,
               list.repeat,
               list.trainable,
               list.depth,
               list.region,
               entry,
               module_inputs(item, body, list, entry),
               {}};
    inner.node = node_of(list.path + own, own, item.at("module").name(), list.node, repeat);
    if (body.has("trainable")) inner.trainable = bound_boolean(body.at("trainable"), scope.parameters);
    if (item.has("trainable")) inner.trainable = bound_boolean(item.at("trainable"), user);
    std::vector<Copy> copies;
    for (std::int64_t r = 0; r < repeat; ++r) copies.push_back({std::to_string(r), 1});
    open_.push_back(place);
    add_copies(body, copies, inner, list, own);
    open_.pop_back();
    declare(item, own, list.previous, list);
}

// The first copy, those in the middle, counted in as many parts as are asked for, and the last.
std::vector<NetworkBuilder::Copy> NetworkBuilder::counted(const std::vector<Copy>& all) const {
    const std::int64_t middle = static_cast<std::int64_t>(all.size()) - 2;
    const std::int64_t parts = std::min(pieces_, middle);
    std::vector<Copy> copies{all.front()};
    for (std::int64_t part = 0; part < parts; ++part) {
        const std::int64_t first = 1 + middle * part / parts;
        const std::int64_t last = middle * (part + 1) / parts;
        copies.push_back(
            {first == last ? std::to_string(first) : fmt::format("{}-{}", first, last), last - first + 1});
    }
    copies.push_back(all.back());
    return copies;
}

// The first copy, then, where its output has the shape of its input, one for all in the middle and the last.
void NetworkBuilder::add_copies(const JsonCursor& body, const std::vector<Copy>& all, const List& inner,
                                List& list, const std::string& name) {
    std::vector<Copy> copies = all;
    int entry = inner.previous;
    for (std::size_t i = 0; i < copies.size(); ++i) {
        List local = inner;
        local.prefix += copies.size() > 1 ? "." + copies[i].label + "." : ".";
        local.repeat *= copies[i].count;
        if (local.region < 0 && copies.size() > 1) local.region = regions_++;
        local.previous = entry;
        local.names["input"] = entry;
        const std::size_t first = network_.layers.size();
        expand(body.at("layers"), local);
        if (network_.layers.size() == first && local.previous != entry)
            throw std::logic_error("a module without layers moved its output");
        const int exit = local.previous;
        if (i == 0 && copies.size() > 3 && network_.shape_of(exit) == network_.shape_of(entry) &&
            network_.items_of(exit) == network_.items_of(entry)) {
            copies = counted(copies);
        }
        entry = exit;
        if (all.size() > 1) continue;
        for (const auto& [key, index] : local.names)
            if (key != "input" && !inner.names.contains(key)) list.names[name + "." + key] = index;
    }
    list.previous = entry;
}

// `input` and what the module declares, with what stands for them outside.
std::map<std::string, int> NetworkBuilder::module_inputs(const JsonCursor& item, const JsonCursor& body,
                                                         const List& list, int entry) const {
    std::map<std::string, int> names{{"input", entry}};
    if (body.has("inputs")) {
        const JsonCursor declared = body.at("inputs");
        for (std::size_t i = 0; i < declared.size(); ++i) {
            const std::string name = declared.at(i).text();
            if (!item.has("with") || !item.at("with").has(name))
                item.fail("lacks the input " + shown(name) + " of the module in \"with\"");
            names[name] = resolve(item.at("with").at(name), list);
        }
    }
    if (item.has("with")) {
        for (const std::string& name : item.at("with").names())
            if (!names.contains(name) || name == "input")
                item.at("with").fail("names " + shown(name) + ", which is no further input of the module");
    }
    return names;
}

void NetworkBuilder::add_layer(const JsonCursor& item, List& list) {
    Layer layer;
    layer.kind = read_kind(item);
    const std::string own = item.has("name")
                                ? item.at("name").name()
                                : std::string(to_string(layer.kind)) + std::to_string(network_.layers.size());
    layer.name = list.prefix + own;
    layer.path = list.path + own;
    layer.module = list.node;
    layer.repeat = list.repeat;
    layer.list = list.number;
    layer.region = list.region;
    const Bindings& parameters = list.scope.parameters;
    layer.trainable =
        item.has("trainable") ? bound_boolean(item.at("trainable"), parameters) : list.trainable;
    connect(item, list, layer);
    LayerInputs inputs;
    for (const int input : layer.inputs) {
        inputs.shapes.push_back(network_.shape_of(input));
        inputs.items.push_back(network_.items_of(input));
    }
    layer.items = inputs.items.empty() ? 1 : inputs.items.front();
    read_layer(item, parameters, spans_, inputs, layer);
    tie(item, list, layer);
    const int index = last() + 1;
    declare(item, own, index, list);
    network_.layers.push_back(std::move(layer));
    list.previous = index;
}

// Which layers it reads: `from`, else the one before, and those of `with`.
void NetworkBuilder::connect(const JsonCursor& item, const List& list, Layer& layer) const {
    if (layer.kind == LayerKind::Parameter) return;
    layer.inputs.push_back(entry_of(item, list));
    if (!item.has("with")) return;
    const JsonCursor with = item.at("with");
    if (!with.is_array()) {
        layer.inputs.push_back(resolve(with, list));
        return;
    }
    const std::size_t count = with.size(1);
    for (std::size_t i = 0; i < count; ++i) layer.inputs.push_back(resolve(with.at(i), list));
}

// A linear layer may read the table of a lookup, or another linear layer's weight.
void NetworkBuilder::tie(const JsonCursor& item, const List& list, Layer& layer) const {
    if (!item.has("tied")) return;
    const JsonCursor tied = item.at("tied");
    const int index = resolve(tied, list);
    if (index < 0) tied.fail("is " + shown(tied.node()) + ", expected a layer with weights");
    const Layer& owner = network_.layers[static_cast<std::size_t>(index)];
    const bool table = owner.kind == LayerKind::Lookup && owner.rows == layer.out.channels &&
                       owner.out.channels == layer.in.channels;
    const bool matrix = owner.kind == LayerKind::Linear && owner.out.channels == layer.out.channels &&
                        owner.in.channels == layer.in.channels && owner.tied < 0 && owner.sets.empty();
    if ((!table && !matrix) || layer.bias || !layer.sets.empty() || layer.repeat * owner.repeat > 1)
        tied.fail(fmt::format("is {}, expected a lookup or linear layer with weights of {} x {}",
                              shown(tied.node()), layer.in.channels, layer.out.channels));
    layer.tied = index;
}

}  // namespace satsim
