#include "runtime/synth/netlist.hpp"

#include <algorithm>

#include "runtime/support/error.hpp"

namespace satsim::synth {
namespace {

using nlohmann::json;

std::vector<int> read_bits(const json& bits, int& nets) {
    std::vector<int> list;
    list.reserve(bits.size());
    for (const json& bit : bits) {
        list.push_back(bit.is_number_integer() ? bit.get<int>() : kConstant);
        nets = std::max(nets, list.back() + 1);
    }
    return list;
}

// A parameter is a string of binary digits, or a text.
std::string parameter_text(const json& value) {
    if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
    const std::string text = value.get<std::string>();
    if (text.empty() || text.size() > 63 || text.find_first_not_of("01") != std::string::npos) return text;
    return std::to_string(std::stoll(text, nullptr, 2));
}

bool is_output(const json& directions, const std::string& pin) {
    return directions.at(pin).get<std::string>() == "output";
}

Cell read_cell(const std::string& name, const json& node, int& nets) {
    Cell cell{name, node.at("type").get<std::string>(), {}, {}};
    const json& directions = node.at("port_directions");
    for (const auto& [pin, bits] : node.at("connections").items())
        cell.pins.push_back({pin, is_output(directions, pin), read_bits(bits, nets)});
    if (cell.type.starts_with("DSP48")) {
        for (const auto& [key, value] : node.at("parameters").items()) {
            if (key.ends_with("REG")) cell.registers[key] = std::stoi(parameter_text(value));
        }
    }
    return cell;
}

// Of all names of a net, the shortest of the sources' own: that of the register rather than that of what it
// feeds.
void read_names(const json& module, Netlist& netlist) {
    for (const auto& [name, node] : module.at("netnames").items()) {
        if (node.at("hide_name").get<int>() != 0) continue;
        const json& bits = node.at("bits");
        for (std::size_t i = 0; i < bits.size(); ++i) {
            if (!bits[i].is_number_integer()) continue;
            std::string text = bits.size() == 1 ? name : name + "[" + std::to_string(i) + "]";
            std::string& known = netlist.names[bits[i].get<int>()];
            if (known.empty() || text.size() < known.size()) known = std::move(text);
        }
    }
}

}  // namespace

const std::vector<int>& Cell::bits(std::string_view pin) const {
    static const std::vector<int> none;
    const auto found = std::find_if(pins.begin(), pins.end(), [pin](const Port& p) { return p.name == pin; });
    return found == pins.end() ? none : found->bits;
}

std::string Netlist::name_of(int bit, const std::string& otherwise) const {
    const auto found = names.find(bit);
    return found == names.end() ? otherwise : found->second;
}

BlockType block_type(const std::string& name, const json& module) {
    BlockType type{name, {}};
    const json& attributes = module.at("attributes");
    if (attributes.contains("hdlname")) type.module = attributes.at("hdlname").get<std::string>();
    if (type.module.starts_with('\\')) type.module.erase(0, 1);
    if (module.contains("parameter_default_values")) {
        for (const auto& [key, value] : module.at("parameter_default_values").items())
            type.parameters[key] = parameter_text(value);
    }
    return type;
}

Netlist parse_netlist(const json& document, const std::string& top, const std::string& name) try {
    Netlist netlist;
    const json& modules = document.at("modules");
    const json& module = modules.at(top);
    for (const auto& [port, node] : module.at("ports").items()) {
        netlist.ports.push_back({port, node.at("direction").get<std::string>() == "output",
                                 read_bits(node.at("bits"), netlist.nets)});
    }
    for (const auto& [cell, node] : module.at("cells").items())
        netlist.cells.push_back(read_cell(cell, node, netlist.nets));
    read_names(module, netlist);
    // The library's own cells come from Yosys's files.
    for (const Cell& cell : netlist.cells) {
        if (netlist.blocks.contains(cell.type) || !modules.contains(cell.type)) continue;
        const json& type = modules.at(cell.type);
        if (type.at("attributes").value("src", "").find("/xilinx/cells_") == std::string::npos)
            netlist.blocks.emplace(cell.type, block_type(cell.type, type));
    }
    return netlist;
} catch (const json::exception& error) {
    throw InputError(name, "", std::string("is no netlist of Yosys: ") + error.what());
}

}  // namespace satsim::synth
