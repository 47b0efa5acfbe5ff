// A netlist as Yosys writes it (write_json): the ports, cells and nets of one module.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace satsim::synth {

// Bits are numbers of nets; kConstant stands for 0, 1 and x.
inline constexpr int kConstant = -1;

struct Port {
    std::string name;
    bool output = false;
    std::vector<int> bits;
};

struct Cell {
    std::string name;
    std::string type;
    std::vector<Port> pins;
    std::map<std::string, int> registers;  // DSP48E2: AREG, BREG, MREG, PREG ...

    // Bits of a pin; none when it has no such pin.
    [[nodiscard]] const std::vector<int>& bits(std::string_view pin) const;
};

// A module that is kept as an instance: what it is, with which parameters.
struct BlockType {
    std::string module;
    std::map<std::string, std::string> parameters;  // integers in decimal
};

struct Netlist {
    std::vector<Port> ports;
    std::vector<Cell> cells;
    std::map<std::string, BlockType, std::less<>> blocks;  // by cell type
    std::unordered_map<int, std::string> names;            // of nets, those that the sources name
    int nets = 0;                                          // all bits are below

    [[nodiscard]] std::string name_of(int bit, const std::string& otherwise) const;
};

// Name and parameters of a module of a Yosys document.
[[nodiscard]] BlockType block_type(const std::string& name, const nlohmann::json& module);

// The module `top` of a document; `name` for errors. Modules of the document that are black boxes but no
// cells of the device's library are blocks. Throws InputError where the document is none of Yosys's.
[[nodiscard]] Netlist parse_netlist(const nlohmann::json& document, const std::string& top,
                                    const std::string& name);

}  // namespace satsim::synth
