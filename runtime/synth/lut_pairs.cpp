#include "runtime/synth/lut_pairs.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>
#include <vector>

namespace satsim::synth {
namespace {

constexpr std::size_t kShared = 5;  // inputs of two functions in one LUT, together
constexpr std::size_t kNeighbours =
    48;  // a net with more LUTs behind it tells nothing about who belongs together

struct Lut {
    std::vector<int> inputs;  // ascending, without constants
    int output = 0;
    bool carry = false;  // feeds a carry chain: its site's outputs are taken
    bool taken = false;
};

std::size_t in_common(const Lut& a, const Lut& b) {
    return static_cast<std::size_t>(std::count_if(a.inputs.begin(), a.inputs.end(), [&b](int net) {
        return std::binary_search(b.inputs.begin(), b.inputs.end(), net);
    }));
}

bool fit(const Lut& a, const Lut& b) {
    return a.inputs.size() + b.inputs.size() - in_common(a, b) <= kShared;
}

std::vector<Lut> luts_of(const Netlist& netlist) {
    std::vector<Lut> luts;
    for (const Cell& cell : netlist.cells) {
        if (cell.type.size() != 4 || !cell.type.starts_with("LUT") || netlist.blocks.contains(cell.type))
            continue;
        Lut lut;
        for (const Port& pin : cell.pins) {
            if (pin.output) {
                lut.output = pin.bits.front();
            } else if (pin.bits.front() != kConstant) {
                lut.inputs.push_back(pin.bits.front());
            }
        }
        std::sort(lut.inputs.begin(), lut.inputs.end());
        lut.inputs.erase(std::unique(lut.inputs.begin(), lut.inputs.end()), lut.inputs.end());
        luts.push_back(std::move(lut));
    }
    return luts;
}

class Pairing {
  public:
    explicit Pairing(const Netlist& netlist) : luts_(luts_of(netlist)) {
        for (std::size_t i = 0; i < luts_.size(); ++i) driver_[luts_[i].output] = i;
        for (const Cell& cell : netlist.cells) {
            for (const Port& pin : cell.pins) {
                if (pin.output) continue;
                for (const int bit : pin.bits) ++uses_[bit];
            }
        }
        for (const Port& port : netlist.ports) {
            if (port.output) {
                for (const int bit : port.bits) ++uses_[bit];
            }
        }
    }

    std::int64_t pairs(const Netlist& netlist) {
        for (const Cell& cell : netlist.cells) {
            if (cell.type == "CARRY4" || cell.type == "CARRY8") carry(cell);
        }
        return carries_ + neighbours();
    }

  private:
    // S and DI of a carry cell come from one LUT's two outputs, where nothing else needs what DI gets.
    void carry(const Cell& cell) {
        const std::vector<int>& select = cell.bits("S");
        const std::vector<int>& data = cell.bits("DI");
        for (std::size_t i = 0; i < select.size(); ++i) {
            Lut* const s = driver(select[i]);
            Lut* const d = i < data.size() ? driver(data[i]) : nullptr;
            if (s != nullptr) s->carry = true;
            if (d != nullptr) d->carry = true;
            if (s == nullptr || d == nullptr || s == d || s->taken || d->taken || uses_[data[i]] != 1)
                continue;
            if (!fit(*s, *d)) continue;
            s->taken = d->taken = true;
            ++carries_;
        }
    }

    Lut* driver(int bit) {
        const auto found = driver_.find(bit);
        return found == driver_.end() ? nullptr : &luts_[found->second];
    }

    [[nodiscard]] bool free(std::size_t i) const {
        return !luts_[i].taken && !luts_[i].carry && luts_[i].inputs.size() <= kShared;
    }

    std::int64_t neighbours() {
        std::unordered_map<int, std::vector<std::size_t>> behind;  // LUTs behind each net
        for (std::size_t i = 0; i < luts_.size(); ++i) {
            if (!free(i)) continue;
            for (const int net : luts_[i].inputs) behind[net].push_back(i);
        }
        // By inputs in common, most first.
        std::array<std::vector<std::pair<std::size_t, std::size_t>>, kShared + 1> found;
        for (std::size_t i = 0; i < luts_.size(); ++i) {
            if (!free(i)) continue;
            for (const int net : luts_[i].inputs) {
                const std::vector<std::size_t>& others = behind[net];
                if (others.size() > kNeighbours) continue;
                for (const std::size_t j : others) {
                    if (j > i && fit(luts_[i], luts_[j]))
                        found[in_common(luts_[i], luts_[j])].emplace_back(i, j);
                }
            }
        }
        std::int64_t formed = 0;
        for (std::size_t common = found.size(); common-- > 1;) {
            for (const auto& [i, j] : found[common]) {
                if (luts_[i].taken || luts_[j].taken) continue;
                luts_[i].taken = luts_[j].taken = true;
                ++formed;
            }
        }
        return formed;
    }

    std::vector<Lut> luts_;
    std::unordered_map<int, std::size_t> driver_;  // by output
    std::unordered_map<int, int> uses_;            // pins behind a net
    std::int64_t carries_ = 0;
};

}  // namespace

std::int64_t lut_pairs(const Netlist& netlist) {
    return Pairing(netlist).pairs(netlist);
}

}  // namespace satsim::synth
