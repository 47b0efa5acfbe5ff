// How layers of repeated modules read each other, turn by turn.
//
// A module that is repeated more than three times stands in the network as a first, a middle (with `repeat`)
// and a last copy. A layer of the middle copy that reads the end of the first one reads, in later turns, the
// end of its own copy; the last copy shows which layer that is.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "runtime/placement/graph.hpp"
#include "runtime/workload/training_plan.hpp"

namespace satsim::placement {

struct Link {
    int layer = 0;
    std::size_t input = 0;  // of readers: which of their inputs it is
    Turns turns = Turns::Last;
};

class TurnLinks {
  public:
    TurnLinks(const Network& network, const std::vector<LayerPlan>& plan);
    // Turns of the loop that the layer lies in; 1: in none.
    [[nodiscard]] std::int64_t turns_of(int layer) const { return turns_[static_cast<std::size_t>(layer)]; }
    // Layers that input `k` of the layer comes from, as forward turns read them; none: an input of the
    // network.
    [[nodiscard]] std::vector<Link> inputs_of(int layer, std::size_t k) const;
    // Layers that read the layer's output and hand a gradient back, as backward turns read it.
    [[nodiscard]] const std::vector<Link>& readers_of(int layer) const {
        return readers_[static_cast<std::size_t>(layer)];
    }

  private:
    void find_turns();
    void find_ends();
    void find_readers(const std::vector<LayerPlan>& plan);
    [[nodiscard]] bool same_loop(int a, int b) const;

    const Network& network_;
    std::vector<std::int64_t> turns_;
    std::map<std::pair<int, std::size_t>, int> ends_;  // (layer, input) to the layer of its own copy
    std::vector<std::vector<Link>> readers_;
};

}  // namespace satsim::placement
