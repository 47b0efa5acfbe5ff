// What N:M pruning would keep of trained weights, layer by layer: for the choice of N:M and of the layers
// that a recipe leaves dense.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/support/types.hpp"
#include "runtime/weights/safetensors.hpp"
#include "runtime/workload/network.hpp"

namespace satsim::weights {

inline constexpr std::array kSurveyedPatterns{NmPattern{2, 4}, NmPattern{2, 8}, NmPattern{1, 8}};

// One pattern in one direction: groups along input channels (FF) or output channels (BP).
struct KeptShare {
    NmPattern nm;
    Stage stage = Stage::FF;
    // Share of the sum of squares that pruning keeps, 0 to 1. Nothing where the stage is not pruned, and
    // where the sum is 0 or not finite.
    std::optional<double> share;
    std::string dense_reason;  // why BDWP runs this stage dense ("reduction dimension 3 below M")
    bool absent = false;       // there is no such GEMM: nothing trained lies below the layer
};

struct MatrixSurvey {
    std::string layer;
    std::string part;                 // "" or part of the layer
    std::vector<std::int64_t> shape;  // layer_tensors.hpp
    double zeros = 0;                 // share of elements that are 0
    std::vector<KeptShare> kept;      // patterns in the order above, FF before BP
};

// Every weight that N:M can prune, in the order of the network. Values are rounded to FP16 for the selection,
// as SORE does; squares are those of the FP32 values. Which stages stay dense is asked of BDWP's training
// step without its rule for the first layer. `progress`: weights done, weights in all.
// Throws InputError naming `file` and the tensor unless the file fits the network: every weight there, FP32
// in the shapes of tensors_of(), and nothing that no layer has.
[[nodiscard]] std::vector<MatrixSurvey> survey(
    const Network& network, const SafetensorsFile& file,
    const std::function<void(std::size_t, std::size_t)>& progress = {});

// The share of one tensor's sum of squares that is kept; `shape` as in layer_tensors.hpp, `weights` its
// values.
[[nodiscard]] std::optional<double> kept_share(std::span<const float> weights,
                                               const std::vector<std::int64_t>& shape, NmPattern nm,
                                               Stage stage);

}  // namespace satsim::weights
