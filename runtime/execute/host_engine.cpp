#include "runtime/execute/host_engine.hpp"

#include <stdexcept>

#include "runtime/execute/host_kernels.hpp"

namespace satsim::execute {

namespace {

template <typename Real>
void run(const VectorWork& work) {
    switch (work.task.op) {
        case VectorOp::Activation:
            return activation<Real>(work);
        case VectorOp::ActivationGrad:
            return activation_gradient<Real>(work);
        case VectorOp::NormStatistics:
        case VectorOp::NormApply:
        case VectorOp::NormGradStatistics:
        case VectorOp::NormGradApply:
            return norm_work<Real>(work);
        case VectorOp::Add:
        case VectorOp::Multiply:
        case VectorOp::Copy:
        case VectorOp::Resize:
        case VectorOp::Bias:
        case VectorOp::BiasGrad:
        case VectorOp::Transpose:
        case VectorOp::ZeroFill:
            return element_work<Real>(work);
        case VectorOp::Pool:
        case VectorOp::PoolGrad:
            return window_work<Real>(work);
        case VectorOp::Softmax:
        case VectorOp::SoftmaxGrad:
        case VectorOp::Loss:
        case VectorOp::Embed:
        case VectorOp::Rotary:
        case VectorOp::Nearest:
        case VectorOp::Combine:
            return row_work<Real>(work);
        case VectorOp::Optimizer:
            return optimizer_work<Real>(work);
        case VectorOp::Prune:
            return pruning<Real>(work);
    }
    throw std::logic_error("layer " + work.layer.name + ": nothing executes " + to_string(work.task.op));
}

}  // namespace

template <typename Real>
void HostEngine<Real>::vector(const VectorWork& work) {
    run<Real>(work);
    if (!work.task.relu) return;
    const ElementRule& relu = *element_rule("relu");
    for (double& y : work.results[0]) y = relu.value(y);
}

template class HostEngine<float>;
template class HostEngine<double>;

}  // namespace satsim::execute
