#include "runtime/synth/timing_graph.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace satsim::synth {
namespace {

// What drives a net, as far as it decides whether the next cell can lie in the same slice.
enum class Driver : char { Other, Logic };

bool is_clock(std::string_view pin) {
    return pin == "C" || pin == "CLK" || pin == "WCLK" || pin == "CLKARDCLK" || pin == "CLKBWRCLK";
}

bool is_lut(std::string_view type) {
    return type.starts_with("LUT");
}

class Builder {
  public:
    Builder(const Netlist& netlist, const Delays& delays, const BlockTimings& blocks)
        : netlist_(netlist),
          delays_(delays),
          blocks_(blocks),
          drivers_(static_cast<std::size_t>(netlist.nets)) {
        graph_.nodes = netlist.nets;
    }

    TimingGraph build() {
        find_drivers();
        for (const Cell& cell : netlist_.cells) add(cell);
        std::sort(graph_.edges.begin(), graph_.edges.end(),
                  [](const Edge& a, const Edge& b) { return a.from < b.from; });
        return std::move(graph_);
    }

  private:
    void find_drivers() {
        std::unordered_map<int, int> inverted;  // output of an inverter to its input
        for (const Cell& cell : netlist_.cells) {
            const bool logic =
                is_lut(cell.type) || cell.type.starts_with("CARRY") || cell.type.starts_with("MUXF");
            for (const Port& pin : cell.pins) {
                if (!pin.output) continue;
                for (const int bit : pin.bits) {
                    if (bit == kConstant) continue;
                    drivers_[static_cast<std::size_t>(bit)] = logic ? Driver::Logic : Driver::Other;
                    if (cell.type == "INV") inverted[bit] = cell.bits("I").front();
                }
            }
        }
        for (const auto& [output, input] : inverted) {
            int source = input;
            while (inverted.contains(source)) source = inverted.at(source);
            if (source != kConstant)
                drivers_[static_cast<std::size_t>(output)] = drivers_[static_cast<std::size_t>(source)];
        }
    }

    void add(const Cell& cell) {
        const std::string_view type = cell.type;
        if (const auto block = blocks_.find(type); block != blocks_.end())
            return add_block(cell, *block->second);
        if (is_lut(type)) return add_gate(cell, delays_.lut.value, 1);
        if (type == "INV" || type.starts_with("BUF")) return add_free(cell);
        if (type.starts_with("MUXF")) return add_mux(cell);
        if (type.starts_with("CARRY")) return add_carry(cell);
        if (type.starts_with("FD")) return add_register(cell);
        if (is_lutram(type) || is_shift_register(type)) return add_lutram(cell);
        if (is_bram(type)) return add_memory(cell, delays_.bram_clock_to_out.value, delays_.bram_setup.value);
        if (is_uram(type)) return add_memory(cell, delays_.uram_clock_to_out.value, delays_.uram_setup.value);
        if (type.starts_with("DSP48")) add_dsp(cell);
    }

    [[nodiscard]] double net() const { return delays_.net.value; }
    // The way to a pin that logic of the same slice reaches without leaving it.
    [[nodiscard]] double near(int bit) const {
        return drivers_[static_cast<std::size_t>(bit)] == Driver::Logic ? 0 : net();
    }
    int name(std::string text) {
        graph_.names.push_back(std::move(text));
        return static_cast<int>(graph_.names.size()) - 1;
    }
    void edge(int from, int to, double ns, int levels) {
        if (from != kConstant && to != kConstant) graph_.edges.push_back({from, to, ns, levels});
    }
    void launch(int node, double ns, int levels, int named) {
        if (node != kConstant) graph_.launches.push_back({node, ns, levels, named});
    }
    void sink(int node, double ns, int levels, int named) {
        if (node != kConstant) graph_.sinks.push_back({node, ns, levels, named});
    }

    void add_gate(const Cell& cell, double ns, int levels) {
        for (const Port& pin : cell.pins) {
            if (!pin.output) edge(pin.bits.front(), cell.bits("O").front(), net() + ns, levels);
        }
    }
    void add_free(const Cell& cell) { edge(cell.bits("I").front(), cell.bits("O").front(), 0, 0); }
    void add_mux(const Cell& cell) {
        const int output = cell.bits("O").front();
        for (const Port& pin : cell.pins) {
            if (pin.output || pin.bits.front() == kConstant) continue;
            const int bit = pin.bits.front();
            edge(bit, output, (pin.name == "S" ? net() : near(bit)) + delays_.mux.value, 0);
        }
    }
    // Bit i of S and DI reaches the sums and carries from i up; the carry in reaches all. A run of carry
    // cells is one level, counted where it is entered.
    void add_carry(const Cell& cell) {
        const std::vector<int>& sums = cell.bits("O");
        const std::vector<int>& carries = cell.bits("CO");
        // Outputs that nothing reads may be missing from the netlist.
        const auto at = [](const std::vector<int>& bits, std::size_t i) {
            return i < bits.size() ? bits[i] : kConstant;
        };
        const std::size_t width = std::max(sums.size(), carries.size());
        const double step = delays_.carry_step.value * static_cast<double>(width) / 4;
        for (const Port& pin : cell.pins) {
            if (pin.output) continue;
            const bool chained = pin.name == "CI";
            for (std::size_t i = 0; i < pin.bits.size(); ++i) {
                const int bit = pin.bits[i];
                if (bit == kConstant) continue;
                const double before = chained ? 0 : near(bit) + delays_.carry_enter.value;
                for (std::size_t o = pin.bits.size() > 1 ? i : 0; o < width; ++o) {
                    const double leave = chained ? delays_.carry_leave.value : 0;
                    edge(bit, at(carries, o), before + (chained && o + 1 == width ? step : leave),
                         chained ? 0 : 1);
                    edge(bit, at(sums, o), before + leave, chained ? 0 : 1);
                }
            }
        }
    }
    void add_register(const Cell& cell) {
        const int q = cell.bits("Q").front();
        const int named = name(netlist_.name_of(q, cell.name));
        launch(q, delays_.register_clock_to_out.value, 0, named);
        for (const Port& pin : cell.pins) {
            if (pin.output || is_clock(pin.name) || pin.bits.front() == kConstant) continue;
            const int bit = pin.bits.front();
            sink(bit, (pin.name == "D" ? near(bit) : net()) + delays_.register_setup.value, 0, named);
        }
    }
    // Whether an address pin reads towards a data pin: ADDRC to DOC, DPRA to DPO, A to SPO, O and Q.
    static bool reads(std::string_view address, std::string_view data) {
        if (address.starts_with("ADDR")) return data.starts_with("DO") && data.back() == address.back();
        if (address.starts_with("DPRA")) return data.starts_with("DPO");
        if (address.starts_with("A")) return data.starts_with("SPO") || data == "O" || data == "Q";
        return false;
    }
    void add_lutram(const Cell& cell) {
        const int named = name(cell.name);
        for (const Port& pin : cell.pins) {
            if (is_clock(pin.name)) continue;
            for (const int bit : pin.bits) {
                if (pin.output)
                    launch(bit, delays_.lutram_clock_to_out.value, 0, named);
                else
                    sink(bit, net() + delays_.lutram_setup.value, 0, named);
            }
            if (pin.output) continue;
            for (const Port& data : cell.pins) {
                if (!data.output || !reads(pin.name, data.name)) continue;
                for (const int from : pin.bits) {
                    for (const int to : data.bits) edge(from, to, net() + delays_.lut.value, 1);
                }
            }
        }
    }
    void add_memory(const Cell& cell, double clock_to_out, double setup) {
        const int named = name(cell.name);
        for (const Port& pin : cell.pins) {
            if (is_clock(pin.name)) continue;
            for (const int bit : pin.bits) {
                if (pin.output)
                    launch(bit, clock_to_out, 0, named);
                else
                    sink(bit, net() + setup, 0, named);
            }
        }
    }
    // The operands meet in a node of their own, with the whole delay behind it where no register lies
    // between.
    void add_dsp(const Cell& cell) {
        const auto registered = [&cell](const char* stage) {
            const auto found = cell.registers.find(stage);
            return found != cell.registers.end() && found->second != 0;
        };
        const double whole = delays_.dsp_combinational.value;
        const bool inside = registered("MREG");
        const bool behind = registered("PREG");
        const int named = name(cell.name);
        const int node = graph_.nodes++;
        for (const Port& pin : cell.pins) {
            if (is_clock(pin.name)) continue;
            const bool operand = pin.name == "A" || pin.name == "B" || pin.name == "C" || pin.name == "D";
            const bool before = operand && registered((pin.name + "REG").c_str());
            for (const int bit : pin.bits) {
                if (pin.output)
                    edge(node, bit, behind || inside ? 0 : whole, behind || inside ? 0 : 1);
                else if (before || pin.name.starts_with("CE") || pin.name.starts_with("RST"))
                    sink(bit, net() + delays_.dsp_setup.value, 0, named);
                else if (inside || behind)
                    sink(bit, net() + (inside ? whole / 2 : whole), 1, named);
                else
                    edge(bit, node, net(), 0);
            }
            if (before && !inside && !behind) launch(node, 0, 0, named);
        }
        if (behind)
            launch(node, delays_.dsp_clock_to_out.value, 0, named);
        else if (inside)
            launch(node, whole / 2, 1, named);
    }

    void add_block(const Cell& cell, const BlockTiming& timing) {
        std::unordered_map<std::string, int> bits;
        for (const Port& pin : cell.pins) {
            for (std::size_t i = 0; i < pin.bits.size(); ++i) {
                const int bit = pin.bits[i];
                if (bit == kConstant) continue;
                const std::string port = bit_name(pin.name, i);
                const auto& ways = pin.output ? timing.launch : timing.setup;
                if (const auto way = ways.find(port); way != ways.end()) {
                    const int named = name(cell.name + "." + way->second.end);
                    if (pin.output)
                        launch(bit, way->second.ns, way->second.levels, named);
                    else
                        sink(bit, way->second.ns, way->second.levels, named);
                }
                if (!timing.through.empty()) bits.emplace(port, bit);
            }
        }
        for (const Through& way : timing.through) {
            const auto from = bits.find(way.input);
            const auto to = bits.find(way.output);
            if (from != bits.end() && to != bits.end()) edge(from->second, to->second, way.ns, way.levels);
        }
    }

    const Netlist& netlist_;
    const Delays& delays_;
    const BlockTimings& blocks_;
    std::vector<Driver> drivers_;
    TimingGraph graph_;
};

}  // namespace

std::string bit_name(const std::string& port, std::size_t index) {
    return port + "[" + std::to_string(index) + "]";
}

TimingGraph build_graph(const Netlist& netlist, const Delays& delays, const BlockTimings& blocks) {
    return Builder(netlist, delays, blocks).build();
}

}  // namespace satsim::synth
