// Reads network files: what stands at the top. network_builder.cpp expands the layers.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "runtime/support/error.hpp"
#include "runtime/workload/fused_activation.hpp"
#include "runtime/workload/network_builder.hpp"

namespace satsim {
namespace {

using nlohmann::json;

constexpr std::int64_t kMaxItems = 1 << 20;
// Totals of a sample stay below this, so that sums over a step fit 64 bits (training_step.cpp checks those of
// the batch).
constexpr double kMaxTotal = 1e17;

// The file's parameter sets: an object, or a file of one. Documents of such files are kept in `files`.
JsonCursor sets_of(const JsonCursor& root, const std::filesystem::path& folder, ModuleFiles& files) {
    const JsonCursor sets = root.at("sets");
    if (!sets.is_text()) return sets;
    const JsonCursor table = files.load(folder / sets.text(), sets);
    table.object({"sets"}, {"name", "source"});
    return table.at("sets");
}

// The chosen set, else the default one, as an object {parameters, source, verified}.
std::optional<JsonCursor> chosen_set(const JsonCursor& root, const NetworkOptions& options,
                                     ModuleFiles& files) {
    if (options.set.empty() && !root.has("default_set")) return std::nullopt;
    if (!root.has("sets")) root.fail("has no parameter sets, so there is none to choose");
    const JsonCursor sets = sets_of(root, options.folder, files);
    const std::string name = options.set.empty() ? root.at("default_set").text() : options.set;
    if (!sets.has(name)) {
        std::string known;
        for (const std::string& own : sets.names()) known += (known.empty() ? "" : ", ") + own;
        sets.fail("has no set " + shown(name) + ", expected one of " + known);
    }
    const JsonCursor set = sets.at(name);
    set.object({"parameters"}, {"source", "verified", "sample"});
    return set;
}

NetworkInput read_input(const JsonCursor& input, const std::string& name, const Bindings& parameters) {
    input.object({"channels", "height", "width"}, {"items"});
    NetworkInput result;
    result.name = name;
    result.shape.channels = bound_integer(input.at("channels"), parameters, 1, kMaxSize);
    result.shape.height = static_cast<int>(bound_integer(input.at("height"), parameters, 1, 65536));
    result.shape.width = static_cast<int>(bound_integer(input.at("width"), parameters, 1, kMaxSize));
    if (input.has("items")) result.items = bound_integer(input.at("items"), parameters, 0, kMaxItems);
    return result;
}

void read_inputs(const JsonCursor& root, const Bindings& parameters, Network& network) {
    if (root.has("input") == root.has("inputs"))
        root.fail("has " + std::string(root.has("input") ? "both" : "neither") +
                  " of the fields \"input\" and \"inputs\", expected one");
    if (root.has("input")) {
        network.inputs.push_back(read_input(root.at("input"), "input", parameters));
    } else {
        for (const std::string& name : root.at("inputs").names()) {
            if (name == "comment") continue;
            network.inputs.push_back(read_input(root.at("inputs").at(name), name, parameters));
        }
        if (network.inputs.empty()) root.at("inputs").fail("names no input, expected at least one");
    }
    network.input = network.inputs.front().shape;
}

// Declared spans: one that covers the whole length, unless the sample says otherwise.
SpanTable read_spans(const JsonCursor& root, const Bindings& parameters, const SpanTable& sample) {
    SpanTable table;
    if (!root.has("spans")) return table;
    for (const std::string& name : root.at("spans").names()) {
        if (name == "comment") continue;
        const std::int64_t length = bound_integer(root.at("spans").at(name), parameters, 0, 1 << 24);
        const auto given = sample.find(name);
        if (given != sample.end())
            table[name] = given->second;
        else
            table[name] = length > 0 ? std::vector<Span>{{length, length, 1}} : std::vector<Span>{};
    }
    return table;
}

Bindings read_parameters(const JsonCursor& root, const NetworkOptions& options, const JsonCursor* set) {
    static const Bindings kNone;
    for (const auto& [name, value] : options.parameters) {
        if (root.has("parameters") && root.at("parameters").has(name)) continue;
        std::string known;
        if (root.has("parameters"))
            for (const std::string& own : root.at("parameters").names()) known += " " + own;
        root.fail("has no parameter \"" + name + "\" to be set" + (known.empty() ? "" : ", only" + known));
    }
    Bindings overrides = options.parameters;
    overrides.insert(options.sample.begin(), options.sample.end());
    ParameterSources sources;
    sources.overrides = &overrides;
    sources.user = &kNone;
    std::optional<JsonCursor> given;
    if (set != nullptr) {
        given = set->at("parameters");
        sources.given = &*given;
    }
    return resolve_parameters(root, sources);
}

// The sample of the file, or of the set; null: none.
void read_sample(const JsonCursor& owner, Network& network) {
    if (!owner.has("sample") || owner.at("sample").node().is_null()) return;
    const JsonCursor sample = owner.at("sample");
    sample.object({"profile"}, {"seed"});
    network.sample_profile = sample.at("profile").text();
    if (sample.has("seed")) network.sample_seed = sample.at("seed").integer(0, INT64_MAX);
}

void require_totals(const JsonCursor& root, const Network& network) {
    double total = 0;
    for (const Layer& layer : network.layers) {
        const double times = static_cast<double>(layer.repeat);
        const double work = static_cast<double>(layer.forward_macs()) +
                            static_cast<double>(layer.out.elements()) +
                            static_cast<double>(layer.in.elements());
        total += times * (work * static_cast<double>(layer.items) + static_cast<double>(layer.parameters()));
    }
    if (total > kMaxTotal) root.fail("makes a network of more than 10^17 multiply-accumulates a sample");
}

}  // namespace

Network parse_network(const json& document, const std::string& file, const NetworkOptions& options) {
    const JsonCursor root(document, file);
    root.object({"name", "batch", "layers"}, {"source", "input", "inputs", "blocks", "modules", "parameters",
                                              "sets", "default_set", "spans", "stages", "sample"});
    ModuleFiles files;
    const std::optional<JsonCursor> set = chosen_set(root, options, files);
    Network network;
    network.name = root.at("name").name();
    if (root.has("source")) network.source = root.at("source").text();
    if (set) {
        if (!options.set.empty()) network.name = options.set;
        if (set->has("source")) {
            const std::string own = set->at("source").text();
            network.source = network.source.empty() ? own : own + " " + network.source;
        }
    }
    const ModuleScope scope{root, nullptr, options.folder,
                            read_parameters(root, options, set ? &*set : nullptr)};
    network.parameters_given = scope.parameters;
    network.sample = options.sample_name;
    network.batch = bound_integer(root.at("batch"), scope.parameters, 1, 1 << 20);
    if (const auto tokens = scope.parameters.find("tokens"); tokens != scope.parameters.end())
        network.tokens = tokens->second;
    read_inputs(root, scope.parameters, network);
    const SpanTable spans = read_spans(root, scope.parameters, options.spans);
    read_sample(set && set->has("sample") ? *set : root, network);
    if (root.has("stages")) {
        const JsonCursor stages = root.at("stages");
        for (std::size_t i = 0; i < stages.size(); ++i) network.stages.push_back(stages.at(i).name());
    }
    if (root.has("blocks") && !root.at("blocks").node().is_object()) root.at("blocks").object({});
    NetworkBuilder(network, spans, files, options.pieces).build(root, scope);
    require_totals(root, network);
    fuse_activations(network);
    return network;
}

Network load_network(const std::filesystem::path& path, NetworkOptions options) {
    options.folder = path.parent_path();
    return parse_network(parse_json_file(path), path.string(), options);
}

std::vector<std::string> parameter_sets(const std::filesystem::path& path) {
    const json document = parse_json_file(path);
    const JsonCursor root(document, path.string());
    if (!root.has("sets")) return {};
    ModuleFiles files;
    return sets_of(root, path.parent_path(), files).names();
}

}  // namespace satsim
