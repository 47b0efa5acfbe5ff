// Netlists of a few cells, as Yosys writes them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/synth/netlist.hpp"

namespace satsim::synth {

// Builds the JSON of one module. Bits are numbers from 2 up, or the constants "0" and "1".
class SmallNetlist {
  public:
    using Bits = nlohmann::json::array_t;

    SmallNetlist& port(const std::string& name, const char* direction, const Bits& bits) {
        module_["ports"][name] = {{"direction", direction}, {"bits", bits}};
        return *this;
    }
    SmallNetlist& cell(const std::string& name, const std::string& type,
                       const std::vector<std::pair<std::string, Bits>>& inputs,
                       const std::vector<std::pair<std::string, Bits>>& outputs,
                       const nlohmann::json& parameters = nlohmann::json::object()) {
        nlohmann::json& cell = module_["cells"][name];
        cell = {{"type", type},
                {"parameters", parameters},
                {"attributes", nlohmann::json::object()},
                {"port_directions", nlohmann::json::object()},
                {"connections", nlohmann::json::object()}};
        for (const auto& [pin, bits] : inputs) add_pin(cell, pin, "input", bits);
        for (const auto& [pin, bits] : outputs) add_pin(cell, pin, "output", bits);
        return *this;
    }
    SmallNetlist& name(const std::string& text, const Bits& bits) {
        module_["netnames"][text] = {
            {"hide_name", 0}, {"bits", bits}, {"attributes", nlohmann::json::object()}};
        return *this;
    }
    // A LUT of one to six inputs.
    SmallNetlist& lut(const std::string& named, const Bits& inputs, int output) {
        std::vector<std::pair<std::string, Bits>> pins;
        for (std::size_t i = 0; i < inputs.size(); ++i)
            pins.push_back({std::string("I").append(std::to_string(i)), {inputs[i]}});
        return cell(named, std::string("LUT").append(std::to_string(inputs.size())), pins, {{"O", {output}}});
    }
    SmallNetlist& flip_flop(const std::string& named, int d, int q) {
        name(named, {q});
        return cell(std::string("$").append(named), "FDRE",
                    {{"C", {2}}, {"CE", {"1"}}, {"D", {d}}, {"R", {"0"}}}, {{"Q", {q}}});
    }
    // A black box of another module with one parameter.
    SmallNetlist& block(const std::string& type, const std::string& module, const std::string& width) {
        modules_[type] = {{"attributes",
                           {{"hdlname", std::string("\\").append(module)},
                            {"src", std::string("rtl/").append(module).append(".sv:1.1-9.10")}}},
                          {"parameter_default_values", {{"WIDTH", width}}},
                          {"ports", nlohmann::json::object()},
                          {"cells", nlohmann::json::object()}};
        return *this;
    }
    [[nodiscard]] Netlist parse() const { return parse_netlist(document(), "small", "small.json"); }
    [[nodiscard]] nlohmann::json document() const {
        nlohmann::json all = {{"modules", modules_}};
        all["modules"]["small"] = module_;
        return all;
    }

  private:
    static void add_pin(nlohmann::json& cell, const std::string& pin, const char* direction,
                        const Bits& bits) {
        cell["port_directions"][pin] = direction;
        cell["connections"][pin] = bits;
    }

    nlohmann::json module_ = {{"attributes", {{"top", "1"}}},
                              {"ports", nlohmann::json::object()},
                              {"cells", nlohmann::json::object()},
                              {"netnames", nlohmann::json::object()}};
    nlohmann::json modules_ = nlohmann::json::object();
};

}  // namespace satsim::synth
