// The numbers of a training step: activations, gradients, masters and optimizer state, by layer.
//
// Every number is held in binary64, which holds FP16 and FP32 exactly, so that one store serves engines of
// any format: those of SAT and CPU round maps to FP16 and sums to FP32 when they write, the reference rounds
// nothing. Maps are [sample][item][row][column][channel], unpadded.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/execute/packed_weight.hpp"
#include "runtime/schedule/emit_vector.hpp"
#include "runtime/workload/network.hpp"
#include "runtime/workload/task.hpp"
#include "runtime/workload/training_plan.hpp"

namespace satsim::execute {

// Trained values with their gradient and optimizer state, FP32.
struct Parameter {
    Values master;
    Values gradient;  // of the last step, times the loss scale
    Values first;     // momentum, or the first moment
    Values second;    // the second moment
    [[nodiscard]] std::size_t size() const { return master.size(); }
};

struct LayerWeights {
    MatrixShape shape;  // of `matrix`: weight_shape(), of a table that GEMMs read too that of their layer
    Parameter matrix;   // master and state are empty where they are another layer's (tied)
    Parameter others;   // bias; scale, then shift; a table; a class token, then positions; a parameter
    // What GEMMs read; empty until a step makes them from the master or an update leaves them.
    PackedWeight ff;
    PackedWeight bp;
};

struct LayerValues {
    Values out;
    Values gradient;                     // of `out`
    std::map<std::string, Values> kept;  // from forward to backward: statistics, probabilities
};

// What the network's file leaves open, for all samples.
struct Choices {
    // Select: which position each row takes; splice: which position each row of its other inputs goes to, one
    // input after the other. [sample][row], positions of all items of the stream. Parameter read by index:
    // which trained value each element is.
    std::vector<std::int64_t> places;
    std::vector<std::int64_t> labels;  // loss: [sample][item][position]
    // Combine: of each position of its input, [sample][item][position]. FP16, not negative; those of one
    // output position add up to 1 but for their rounding.
    Values weights;
};

class Store {
  public:
    // Random values, the same for the same seed: weights of standard deviation 1/sqrt(reduction), norms near
    // 1, inputs of standard deviation 1, row numbers, labels and positions. `exact`: for the reference;
    // otherwise masters are FP32 and inputs FP16. Throws InputError as require_executable() does.
    Store(const Network& network, std::int64_t samples, std::uint64_t seed, bool exact = false);

    std::vector<Values> inputs;  // as Network::inputs; numbers of rows where a lookup reads them
    std::vector<LayerWeights> weights;
    std::vector<LayerValues> layers;
    std::vector<Choices> choices;
    std::vector<Values> output_gradients;  // of layers that nothing reads; used where there is no loss
    std::map<std::string, double> losses;  // of the last step, unscaled, by layer

    [[nodiscard]] bool exact() const { return exact_; }
    [[nodiscard]] std::int64_t samples() const { return samples_; }
    // A value as the format of maps holds it: FP16, unless exact.
    [[nodiscard]] double map_value(double value) const;
    // Drops the packed copies, so that the next step makes them from the masters.
    void forget_copies();

  private:
    std::int64_t samples_;
    bool exact_;
};

}  // namespace satsim::execute
