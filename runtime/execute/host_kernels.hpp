// Pieces of the host engine. Every function below computes one kind of vector work in `Real`; its operands
// are the table of docs/architecture/execution.md.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>

#include "runtime/execute/engine.hpp"
#include "runtime/numerics/fp16.hpp"

namespace satsim::execute {

// How a result is written: maps are FP16 unless the reference computes.
[[nodiscard]] inline double as_map(float value) {
    return numerics::round_to_fp16(value);
}
[[nodiscard]] inline double as_map(double value) {
    return value;
}
[[nodiscard]] inline double as_sum(float value) {
    return value;
}
[[nodiscard]] inline double as_sum(double value) {
    return value;
}

// Functions of single elements and their derivatives; none for names whose parameters the network file does
// not have (clip, affine ...).
struct ElementRule {
    double (*value)(double x);
    double (*slope)(double x);
};
[[nodiscard]] const ElementRule* element_rule(const std::string& function);
// Of relu, gelu and activation layers; of the gate of a glu.
[[nodiscard]] const ElementRule* element_rule(const Layer& layer);

inline constexpr double kNormEpsilon = 1e-5;  // of all norms

template <typename Real>
void activation(const VectorWork& work);
template <typename Real>
void activation_gradient(const VectorWork& work);
// add, multiply, bias and their gradients, copies, resampling.
template <typename Real>
void element_work(const VectorWork& work);
template <typename Real>
void norm_work(const VectorWork& work);
template <typename Real>
void window_work(const VectorWork& work);
// softmax, loss, rotary, embeddings, nearest row, weighted sums of rows.
template <typename Real>
void row_work(const VectorWork& work);
template <typename Real>
void optimizer_work(const VectorWork& work);
template <typename Real>
void pruning(const VectorWork& work);

}  // namespace satsim::execute
