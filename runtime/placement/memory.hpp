// What a placed step needs of every machine's memory.
#pragma once

#include <vector>

#include "runtime/dispatch/layer_footprint.hpp"
#include "runtime/placement/held_tensors.hpp"
#include "runtime/placement/machine.hpp"

namespace satsim::placement {

class MemoryPlan {
  public:
    // `machines`: by capacity and whether they share the host's memory.
    MemoryPlan(const Network& network, const Recipe& recipe, const TrainingStep& step, const Graph& graph,
               std::vector<Machine> machines);

    // Of each machine. Activations are where the backward pass reads them (held_tensors.hpp), as `received`
    // where another machine made them; a layer's gradients where its backward pass reads or leaves them, its
    // copies where they are read, its FP32 weights and their optimizer's state where the update is.
    // Layers without tasks (tables, constants) are with the layer that reads them. Machines that compute in
    // the host's memory share it: all of it is counted for the first of them.
    // Nodes on -1 are left out. Micro-batches under way: as many as machines take part.
    [[nodiscard]] std::vector<Footprint> footprints(const Assignment& assignment) const;
    [[nodiscard]] std::vector<Footprint> footprints(const Assignment& assignment,
                                                    std::int64_t under_way) const;
    // Bytes above capacity, all machines.
    [[nodiscard]] Bytes excess(const Assignment& assignment) const;

  private:
    [[nodiscard]] std::size_t memory_of(int machine) const {
        return memory_[static_cast<std::size_t>(machine)];
    }
    // Which parts of each layer each memory has, a row of layers a memory.
    [[nodiscard]] std::vector<unsigned char> parts_of(const Assignment& assignment) const;
    void add_activations(const Assignment& assignment, std::int64_t under_way,
                         std::vector<FootprintSum>& sums) const;

    const Graph& graph_;
    std::vector<Machine> machines_;
    std::vector<std::size_t> memory_;  // of each machine: the first machine of the same memory
    std::vector<HeldTensor> held_;
    std::vector<LayerFootprint> layers_;
    std::vector<Bytes> handed_down_;  // of each layer: the largest gradient that its BP leaves
    std::vector<int> stands_in_;      // of each layer without nodes: the layer that it is with
    std::int64_t micro_batches_;
};

}  // namespace satsim::placement
