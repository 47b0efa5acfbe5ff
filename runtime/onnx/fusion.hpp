// Recognises what exporters take apart: layer normalisation, activation functions, biases.
//
// A pattern's last node (of a bias: its first) stands for the whole and the others are skipped. Nothing is
// taken together whose inner values somebody else reads.
#pragma once

#include "runtime/onnx/graph.hpp"

namespace satsim::importer {

// ReduceMean, Sub, Pow, ReduceMean, Add, Sqrt, Div (Mul, Add) to op "LayerNormalization".
void fuse_layer_norms(Graph& graph);
// Reshape to groups, InstanceNormalization, Reshape back to "InstanceNormalization" with the groups in
// `axes`.
void fuse_group_norms(Graph& graph);
// GELU by Erf or Tanh, SiLU, HardSwish, HardSigmoid, Mish to op "Element".
void fuse_activations(Graph& graph);
// An Add of one constant a channel after MatMul, Einsum or Conv to `bias` of that node.
void fuse_biases(Graph& graph);

// A constant of one element that no training changes.
[[nodiscard]] bool is_scalar(const Graph& graph, int value);

}  // namespace satsim::importer
