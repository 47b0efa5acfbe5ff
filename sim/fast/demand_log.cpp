#include "sim/fast/demand_log.hpp"

namespace satsim::fast {
namespace {

void add(Demand& sum, const Demand& more) {
    sum.pieces += more.pieces;
    sum.lines += more.lines;
    sum.bursts += more.bursts;
}

double corrected(double expected, double moved, double sum) {
    return sum > 0 ? expected * moved / sum : expected;
}

}  // namespace

void DemandLog::reset(std::size_t instructions) {
    of_.assign(instructions, {});
    expected_ = moved_ = {};
}

void DemandLog::learn(std::size_t pc, double positions, const Demand& expected, const Demand& moved) {
    ++of_[pc].operations;
    of_[pc].positions += positions;
    add(of_[pc].moved, moved);
    add(expected_, expected);
    add(moved_, moved);
}

std::vector<RunTraffic> DemandLog::traffic() const {
    std::vector<RunTraffic> known;
    for (std::size_t pc = 0; pc < of_.size(); ++pc) {
        if (of_[pc].positions > 0)
            known.push_back({static_cast<std::uint16_t>(pc),
                             static_cast<float>(of_[pc].moved.lines / of_[pc].positions)});
    }
    return known;
}

Demand DemandLog::of(std::size_t pc, double positions, const Demand& expected) const {
    const Sum& sum = of_[pc];
    if (sum.positions > 0) {
        const double share = positions / sum.positions;
        return {sum.moved.pieces * share, sum.moved.lines * share, sum.moved.bursts * share};
    }
    return {corrected(expected.pieces, moved_.pieces, expected_.pieces),
            corrected(expected.lines, moved_.lines, expected_.lines),
            corrected(expected.bursts, moved_.bursts, expected_.bursts)};
}

}  // namespace satsim::fast
