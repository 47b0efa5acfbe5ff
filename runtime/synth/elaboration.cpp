#include "runtime/synth/elaboration.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/support/error.hpp"
#include "runtime/synth/netlist.hpp"

namespace satsim::synth {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kPackage = "sat_isa.sv";

// "rtl/uspe.sv:15.1-227.10" without the place in the file.
std::string file_of(const std::string& source) {
    const std::string first = source.substr(0, source.find('|'));
    return first.substr(0, first.rfind(':'));
}

Module read_module(const std::string& name, const json& node,
                   const std::map<std::string, std::string>& keys) {
    const BlockType type = block_type(name, node);
    Module module{type.module, type.parameters, file_of(node.at("attributes").value("src", "")), {}, {}, {}};
    for (const auto& [port, details] : node.at("ports").items()) {
        module.ports.push_back(details.at("direction").get<std::string>() + " " + port + " " +
                               std::to_string(details.at("bits").size()));
    }
    for (const auto& [cell, details] : node.at("cells").items()) {
        const auto key = keys.find(details.at("type").get<std::string>());
        if (key != keys.end()) module.instances.push_back({cell, key->second});
    }
    if (!node.contains("memories")) return module;
    for (const auto& [memory, details] : node.at("memories").items()) {
        module.memories.push_back({memory, details.at("width").get<std::int64_t>(),
                                   details.at("size").get<std::int64_t>(),
                                   details.at("attributes").value("ram_style", "")});
    }
    return module;
}

}  // namespace

Sources find_sources(const fs::path& folder, const fs::path& generated) {
    Sources sources{folder, {}};
    std::error_code code;
    for (const fs::path& candidate : {folder / kPackage, generated / kPackage}) {
        if (sources.files.empty() && fs::exists(candidate, code)) sources.files.push_back(candidate);
    }
    if (sources.files.empty())
        throw InputError(folder.string(), "",
                         std::string("lacks the package ") + kPackage +
                             ", which the build generates; expected it there or in " + generated.string());
    std::vector<fs::path> rest;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, code)) {
        if (entry.path().extension() == ".sv" && entry.path().filename() != kPackage)
            rest.push_back(entry.path());
    }
    if (rest.empty()) throw InputError(folder.string(), "", "holds no SystemVerilog");
    std::sort(rest.begin(), rest.end());
    sources.files.insert(sources.files.end(), rest.begin(), rest.end());
    return sources;
}

std::string module_key(const std::string& module, const std::map<std::string, std::string>& parameters) {
    std::string key = module;
    for (const auto& [name, value] : parameters) key += " " + name + "=" + value;
    return key;
}

Elaboration read_elaboration(const json& document, const std::string& name) try {
    Elaboration elaboration;
    const json& modules = document.at("modules");
    std::map<std::string, std::string> keys;
    for (const auto& [module, node] : modules.items()) {
        const BlockType type = block_type(module, node);
        keys[module] = module_key(type.module, type.parameters);
        if (node.at("attributes").contains("top")) elaboration.top = keys[module];
    }
    for (const auto& [module, node] : modules.items())
        elaboration.modules.emplace(keys.at(module), read_module(module, node, keys));
    if (elaboration.top.empty()) throw InputError(name, "", "names no top module");
    return elaboration;
} catch (const json::exception& error) {
    throw InputError(name, "", std::string("is no hierarchy of Yosys: ") + error.what());
}

}  // namespace satsim::synth
