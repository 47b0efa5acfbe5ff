#include "runtime/synth/resources.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "runtime/support/error.hpp"

namespace satsim::synth {
namespace {

// LUTs of distributed RAMs. 64 bits a LUT, or 32 words of two bits; dual-port kinds keep a copy a read port.
const std::unordered_map<std::string_view, int>& lutram_luts() {
    static const std::unordered_map<std::string_view, int> luts = {
        {"RAM16X1D", 2},  {"RAM32X1S", 1},    {"RAM32X1D", 2},  {"RAM32X2S", 2},  {"RAM32M", 4},
        {"RAM32M16", 8},  {"RAM32X16DR8", 8}, {"RAM64X1S", 1},  {"RAM64X1D", 2},  {"RAM64M", 4},
        {"RAM64M8", 8},   {"RAM64X8SW", 8},   {"RAM128X1S", 2}, {"RAM128X1D", 4}, {"RAM256X1S", 4},
        {"RAM256X1D", 8}, {"RAM512X1S", 8}};
    return luts;
}

constexpr std::array<std::string_view, 13> kFree = {"CARRY4", "CARRY8", "MUXF7", "MUXF8", "MUXF9",
                                                    "INV",    "GND",    "VCC",   "BUF",   "BUFG",
                                                    "BUFGCE", "IBUF",   "OBUF"};

bool starts(std::string_view text, std::string_view with) {
    return text.substr(0, with.size()) == with;
}

}  // namespace

Resources& Resources::operator+=(const Resources& other) {
    lut += other.lut;
    ff += other.ff;
    dsp += other.dsp;
    bram18 += other.bram18;
    uram += other.uram;
    wires += other.wires;
    return *this;
}

Resources Resources::times(std::int64_t instances) const {
    return {lut * instances,    ff * instances,   dsp * instances,
            bram18 * instances, uram * instances, wires * instances};
}

Resources Resources::with_wires() const {
    Resources all = *this;
    all.lut += wires;
    all.wires = 0;
    return all;
}

double utilization(const Resources& used, const Resources& available) {
    double worst = 0;
    const auto share = [&worst](std::int64_t part, std::int64_t whole) {
        if (part == 0) return;
        worst = std::max(worst, whole == 0 ? std::numeric_limits<double>::infinity()
                                           : static_cast<double>(part) / static_cast<double>(whole));
    };
    share(used.lut, available.lut);
    share(used.ff, available.ff);
    share(used.dsp, available.dsp);
    share(used.bram18, available.bram18);
    share(used.uram, available.uram);
    return worst;
}

bool is_lutram(std::string_view cell_type) {
    return lutram_luts().contains(cell_type);
}
bool is_bram(std::string_view cell_type) {
    return starts(cell_type, "RAMB18") || starts(cell_type, "RAMB36");
}
bool is_uram(std::string_view cell_type) {
    return starts(cell_type, "URAM288");
}
bool is_shift_register(std::string_view cell_type) {
    return starts(cell_type, "SRL");
}

Resources resources_of(std::string_view cell_type) {
    if (cell_type.size() == 4 && starts(cell_type, "LUT") && cell_type[3] >= '1' && cell_type[3] <= '6')
        return {.lut = 1};
    if (is_lutram(cell_type)) return {.lut = lutram_luts().at(cell_type)};
    if (cell_type == "SRL16E" || cell_type == "SRLC16E" || cell_type == "SRLC32E") return {.lut = 1};
    if (starts(cell_type, "FDRE") || starts(cell_type, "FDSE") || starts(cell_type, "FDCE") ||
        starts(cell_type, "FDPE"))
        return {.ff = 1};
    if (starts(cell_type, "DSP48E2")) return {.dsp = 1};
    if (starts(cell_type, "RAMB18")) return {.bram18 = 1};
    if (starts(cell_type, "RAMB36")) return {.bram18 = 2};
    if (is_uram(cell_type)) return {.uram = 1};
    if (std::find(kFree.begin(), kFree.end(), cell_type) != kFree.end()) return {};
    throw InputError("synth", "",
                     "the netlist holds a cell of type " + std::string(cell_type) +
                         ", which the counting rules do not know");
}

Resources resources_of(const Cell& cell) {
    const bool eight_luts = cell.type == "RAM32M16" || cell.type == "RAM64M8";
    if (!eight_luts) return resources_of(std::string_view(cell.type));
    constexpr int kDataPinsOfHalf = 3;
    const auto written = std::count_if(cell.pins.begin(), cell.pins.end(), [](const Port& pin) {
        return !pin.output && starts(pin.name, "DI") && pin.name != "DIH" &&
               std::any_of(pin.bits.begin(), pin.bits.end(), [](int bit) { return bit != kConstant; });
    });
    return resources_of(written > kDataPinsOfHalf ? std::string_view(cell.type)
                        : cell.type == "RAM32M16" ? std::string_view("RAM32M")
                                                  : std::string_view("RAM64M"));
}

Resources count(const Netlist& netlist) {
    Resources sum;
    for (const Cell& cell : netlist.cells) {
        if (!netlist.blocks.contains(cell.type)) sum += resources_of(cell);
    }
    sum.wires = lut_wires(netlist);
    return sum;
}

std::int64_t lut_wires(const Netlist& netlist) {
    std::unordered_set<int> from_luts;
    for (const Cell& cell : netlist.cells) {
        if (cell.type.size() != 4 || !starts(cell.type, "LUT")) continue;
        for (const int bit : cell.bits("O")) from_luts.insert(bit);
    }
    std::int64_t wires = 0;
    for (const Cell& cell : netlist.cells) {
        if (cell.type != "CARRY4" && cell.type != "CARRY8") continue;
        for (const int bit : cell.bits("S")) wires += bit != kConstant && !from_luts.contains(bit) ? 1 : 0;
    }
    return wires;
}

}  // namespace satsim::synth
