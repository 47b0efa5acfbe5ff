#include "runtime/gpu/device/vector_kernel.hpp"

#include "runtime/workload/norm_axis.hpp"

namespace satsim::gpu {
namespace {

bool is_relu(const VectorWork& w) {
    return w.flops_per_element <= 1;
}

VectorKernel of_norm(const VectorWork& w, const char* name, auto of_channels, Rowwise of_rows) {
    if (is_norm_by_channel(w)) return {std::string("channel ") + name, of_channels};
    return {std::string("row ") + name, of_rows};
}

// With the statistics, of rows alone: those of a channel need a pass of their own.
std::optional<VectorKernel> of_whole_norm(const VectorWork& w) {
    if (is_norm_by_channel(w)) return std::nullopt;
    if (w.op == VectorOp::NormApply) return VectorKernel{"row norm with statistics", Rowwise::Norm};
    if (w.op == VectorOp::NormGradApply)
        return VectorKernel{"row norm gradient with statistics and sums", SingleKernel::RowNormGradient};
    return std::nullopt;
}

// By the operation alone, of work that has a shape.
std::optional<VectorKernel> with_shape(const VectorWork& w) {
    if (w.fused) return of_whole_norm(w);
    switch (w.op) {
        case VectorOp::BiasGrad:
            return VectorKernel{"bias gradient", Columnwise::BiasGradient};
        case VectorOp::NormStatistics:
            return of_norm(w, "statistics", Columnwise::Statistics, Rowwise::Statistics);
        case VectorOp::NormApply:
            return of_norm(w, "norm", Elementwise::ScaleShift, Rowwise::Normalise);
        case VectorOp::NormGradStatistics:
            if (is_norm_by_channel(w))
                return VectorKernel{"channel gradient statistics", Columnwise::GradientStatistics};
            return VectorKernel{"row gradient statistics and sums", SingleKernel::RowGradientStatistics};
        case VectorOp::NormGradApply:
            return of_norm(w, "norm gradient", Elementwise::NormGradient, Rowwise::Gradient);
        case VectorOp::Softmax:
            return VectorKernel{"softmax", Rowwise::Softmax};
        case VectorOp::SoftmaxGrad:
            return VectorKernel{"softmax gradient", Rowwise::SoftmaxGradient};
        case VectorOp::Loss:
            return VectorKernel{"cross-entropy", Rowwise::Loss};
        case VectorOp::Transpose:
            return VectorKernel{"transpose", SingleKernel::Transpose};
        default:
            return std::nullopt;
    }
}

std::optional<VectorKernel> by_operation(const VectorWork& w) {
    switch (w.op) {
        case VectorOp::Activation:
            if (w.reads_fp16 > 1) return VectorKernel{"gated silu", Elementwise::SiluGate};
            return is_relu(w) ? VectorKernel{"relu", Elementwise::Relu}
                              : VectorKernel{"gelu", Elementwise::Gelu};
        case VectorOp::ActivationGrad:
            if (w.reads_fp16 > 2) return VectorKernel{"gated silu gradient", Elementwise::SiluGateGradient};
            return is_relu(w) ? VectorKernel{"relu gradient", Elementwise::ReluGradient}
                              : VectorKernel{"gelu gradient", Elementwise::GeluGradient};
        case VectorOp::Add:
            if (w.reads_fp32 == 2 && w.writes_fp32 == 1 && w.reads_fp16 + w.writes_fp16 == 0)
                return VectorKernel{"add of FP32", SingleKernel::AddFloats};
            return VectorKernel{"add", Elementwise::Add};
        case VectorOp::Multiply:
            return w.writes_fp16 == 1 ? VectorKernel{"multiply", Elementwise::Multiply}
                                      : VectorKernel{"multiply gradient", Elementwise::MultiplyGradient};
        case VectorOp::Copy:
            return VectorKernel{"copy", Elementwise::Copy};
        case VectorOp::Bias:
            return VectorKernel{"bias", Elementwise::Bias};
        case VectorOp::Optimizer:
            return VectorKernel{"fused update", SingleKernel::Update};
        case VectorOp::Prune:
            return VectorKernel{"prune and pack", SingleKernel::Update};
        case VectorOp::ZeroFill:
            return VectorKernel{"memset", SingleKernel::Fill};
        default:
            return w.shape.rows > 0 ? with_shape(w) : std::nullopt;
    }
}

// Whether the kernel moves what the work does.
bool moves(const VectorKernel& kernel, const VectorWork& w) {
    const auto tensors =
        std::visit([](auto operation) -> std::optional<KernelTensors> { return tensors_of(operation); },
                   kernel.operation);
    if (!tensors) return true;
    if (w.reads_fp32 > 0 || w.writes_fp32 > 0) return false;
    return *tensors == KernelTensors{w.reads_fp16, w.writes_fp16};
}

}  // namespace

std::optional<KernelTensors> tensors_of(SingleKernel kernel) {
    switch (kernel) {
        case SingleKernel::Transpose:
            return KernelTensors{1, 1};
        case SingleKernel::RowGradientStatistics:  // the second pass reads them again
            return tensors_of(Rowwise::GradientStatistics);
        case SingleKernel::RowNormGradient:
            return tensors_of(Rowwise::NormGradient);
        case SingleKernel::Update:
        case SingleKernel::Fill:
        case SingleKernel::AddFloats:
        case SingleKernel::Traffic:
            break;
    }
    return std::nullopt;
}
KernelTensors tensors_of(Elementwise operation) {
    KernelTensors tensors;
    with_operation(operation, [&tensors](auto chosen) {
        tensors = {decltype(chosen)::kInputs, decltype(chosen)::kOutputs};
    });
    return tensors;
}
KernelTensors tensors_of(Rowwise operation) {
    switch (operation) {
        case Rowwise::Statistics:
            return {1, 0};
        case Rowwise::Normalise:
        case Rowwise::Norm:
        case Rowwise::Softmax:
        case Rowwise::Loss:
            return {1, 1};
        case Rowwise::GradientStatistics:
            return {2, 0};
        case Rowwise::Gradient:
        case Rowwise::NormGradient:
        case Rowwise::SoftmaxGradient:
            return {2, 1};
    }
    return {};
}
KernelTensors tensors_of(Columnwise operation) {
    switch (operation) {
        case Columnwise::BiasGradient:
        case Columnwise::Statistics:
            return {1, 0};
        case Columnwise::GradientStatistics:
        case Columnwise::RowGradientSums:
            return {2, 0};
    }
    return {};
}

VectorKernel kernel_of(const VectorWork& work) {
    const std::optional<VectorKernel> kernel = by_operation(work);
    if (kernel && moves(*kernel, work)) return *kernel;
    return {"traffic of the same bytes", SingleKernel::Traffic};
}

}  // namespace satsim::gpu
