#include <algorithm>
#include <map>
#include <numbers>
#include <stdexcept>

#include "runtime/execute/host_kernels.hpp"

namespace satsim::execute {
namespace {

double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}
double softplus(double x) {
    return std::log1p(std::exp(-std::abs(x))) + std::max(x, 0.0);
}
double normal_density(double x) {
    return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
}
double normal_share(double x) {
    return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}
constexpr double kSeluAlpha = 1.6732632423543772;
constexpr double kSeluScale = 1.0507009873554805;
constexpr double kLeak = 0.01;

// The usual parameters where a function has any.
const std::map<std::string, ElementRule, std::less<>> kRules{
    {"celu",
     {[](double x) { return x > 0 ? x : std::expm1(x); }, [](double x) { return x > 0 ? 1 : std::exp(x); }}},
    {"elu",
     {[](double x) { return x > 0 ? x : std::expm1(x); }, [](double x) { return x > 0 ? 1 : std::exp(x); }}},
    {"exp", {[](double x) { return std::exp(x); }, [](double x) { return std::exp(x); }}},
    {"gelu",
     {[](double x) { return x * normal_share(x); },
      [](double x) { return normal_share(x) + x * normal_density(x); }}},
    {"hardsigmoid",
     {[](double x) { return std::clamp(x / 6 + 0.5, 0.0, 1.0); },
      [](double x) { return std::abs(x) < 3 ? 1.0 / 6 : 0; }}},
    {"hardswish",
     {[](double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); },
      [](double x) { return x <= -3  ? 0
                            : x >= 3 ? 1
                                     : x / 3 + 0.5; }}},
    {"leakyrelu",
     {[](double x) { return x > 0 ? x : kLeak * x; }, [](double x) { return x > 0 ? 1 : kLeak; }}},
    {"mish",
     {[](double x) { return x * std::tanh(softplus(x)); },
      [](double x) {
          const double t = std::tanh(softplus(x));
          return t + x * (1 - t * t) * sigmoid(x);
      }}},
    {"relu", {[](double x) { return std::max(x, 0.0); }, [](double x) { return x > 0 ? 1.0 : 0.0; }}},
    {"relu6",
     {[](double x) { return std::clamp(x, 0.0, 6.0); }, [](double x) { return x > 0 && x < 6 ? 1.0 : 0.0; }}},
    {"selu",
     {[](double x) { return kSeluScale * (x > 0 ? x : kSeluAlpha * std::expm1(x)); },
      [](double x) { return kSeluScale * (x > 0 ? 1 : kSeluAlpha * std::exp(x)); }}},
    {"sigmoid", {sigmoid, [](double x) { return sigmoid(x) * (1 - sigmoid(x)); }}},
    {"silu",
     {[](double x) { return x * sigmoid(x); },
      [](double x) { return sigmoid(x) * (1 + x * (1 - sigmoid(x))); }}},
    {"softplus", {softplus, sigmoid}},
    {"tanh",
     {[](double x) { return std::tanh(x); }, [](double x) { return 1 - std::tanh(x) * std::tanh(x); }}},
};

// maps: x [position][gate, value] -> results: f(gate) * value.
template <typename Real>
void gated(const VectorWork& work) {
    const ElementRule& rule = *element_rule(work.layer);
    const auto half = static_cast<std::size_t>(work.layer.out.channels);
    const std::span<const double> x = work.maps[0];
    for (std::size_t i = 0; i < work.results[0].size(); ++i) {
        const std::size_t at = i / half * 2 * half + i % half;
        const auto gate = static_cast<Real>(rule.value(x[at]));
        work.results[0][i] = as_map(gate * static_cast<Real>(x[at + half]));
    }
}

// maps: dy, x -> results: dx.
template <typename Real>
void gated_gradient(const VectorWork& work) {
    const ElementRule& rule = *element_rule(work.layer);
    const auto half = static_cast<std::size_t>(work.layer.out.channels);
    const std::span<const double> dy = work.maps[0];
    const std::span<const double> x = work.maps[1];
    for (std::size_t i = 0; i < dy.size(); ++i) {
        const std::size_t at = i / half * 2 * half + i % half;
        const auto slope = static_cast<Real>(rule.slope(x[at]));
        const auto gradient = static_cast<Real>(dy[i]);
        work.results[0][at] = as_map(gradient * static_cast<Real>(x[at + half]) * slope);
        work.results[0][at + half] = as_map(gradient * static_cast<Real>(rule.value(x[at])));
    }
}

}  // namespace

const ElementRule* element_rule(const std::string& function) {
    const auto found = kRules.find(function);
    return found == kRules.end() ? nullptr : &found->second;
}

const ElementRule* element_rule(const Layer& layer) {
    if (layer.kind == LayerKind::Relu) return element_rule("relu");
    if (layer.kind == LayerKind::Gelu) return element_rule("gelu");
    return element_rule(layer.function);
}

// maps: x -> results: f(x).
template <typename Real>
void activation(const VectorWork& work) {
    if (work.layer.kind == LayerKind::Glu) return gated<Real>(work);
    const ElementRule& rule = *element_rule(work.layer);
    for (std::size_t i = 0; i < work.maps[0].size(); ++i)
        work.results[0][i] = as_map(static_cast<Real>(rule.value(work.maps[0][i])));
}

// maps: dy, x (relu: y) -> results: dy * f'(x).
template <typename Real>
void activation_gradient(const VectorWork& work) {
    if (work.layer.kind == LayerKind::Glu) return gated_gradient<Real>(work);
    const ElementRule& rule = *element_rule(work.layer);
    for (std::size_t i = 0; i < work.maps[0].size(); ++i)
        work.results[0][i] =
            as_map(static_cast<Real>(work.maps[0][i]) * static_cast<Real>(rule.slope(work.maps[1][i])));
}

template void activation<float>(const VectorWork& work);
template void activation<double>(const VectorWork& work);
template void activation_gradient<float>(const VectorWork& work);
template void activation_gradient<double>(const VectorWork& work);

}  // namespace satsim::execute
