#include "runtime/gpu_record/fit_figures.hpp"

#include "runtime/gpu_model/gemm_model.hpp"
#include "runtime/gpu_model/vector_model.hpp"

namespace satsim::gpu {
namespace {

constexpr unsigned kDenseProduct = bit(FitKind::DenseProduct);
constexpr unsigned kDenseConvolution = bit(FitKind::DenseConvolution);
// What ran as 2:4 is predicted dense where the model refuses 2:4, so that they depend on its figures too.
constexpr unsigned kSparseProduct = bit(FitKind::SparseProduct);
constexpr unsigned kSparseConvolution = bit(FitKind::SparseConvolution);
constexpr unsigned kSparse = kSparseProduct | kSparseConvolution;
constexpr unsigned kDense = kDenseProduct | kDenseConvolution;
constexpr unsigned kElements = bit(FitKind::Elements);
constexpr unsigned kPacking = bit(FitKind::Packing);
constexpr unsigned kRows = bit(FitKind::Rows);
// Gradients of rows' norms sum those of scales and shifts along columns.
constexpr unsigned kColumns = bit(FitKind::Columns) | kRows;
constexpr unsigned kAttention = bit(FitKind::Attention);
constexpr unsigned kAttentionGradient = bit(FitKind::AttentionGradient);

template <Figure KernelFigures::*Member>
Figure& kernel(Device& device) {
    return device.kernels.*Member;
}
template <Figure PowerFigures::*Member>
Figure& power(Device& device) {
    return device.power.*Member;
}

constexpr double kLeast = kLeastEfficiency;
constexpr std::array kTimes{
    FitFigure{"efficiency, memory", "kernels", "memory_efficiency", kernel<&KernelFigures::memory_efficiency>,
              kLeast, 1, kAllKinds},
    FitFigure{"efficiency, dense", "kernels", "dense_efficiency", kernel<&KernelFigures::dense_efficiency>,
              kLeast, 1, kDenseProduct | kSparseProduct},
    FitFigure{"efficiency, L2", "kernels", "l2_efficiency", kernel<&KernelFigures::l2_efficiency>, kLeast, 1,
              kDense | kSparse},
    FitFigure{"efficiency, convolution", "kernels", "convolution_efficiency",
              kernel<&KernelFigures::convolution_efficiency>, kLeast, 1,
              kDenseConvolution | kSparseConvolution},
    FitFigure{"efficiency, 2:4", "kernels", "sparse_efficiency", kernel<&KernelFigures::sparse_efficiency>,
              kLeast, 1, kSparse},
    FitFigure{"overhead, product", "kernels", "product_overhead", kernel<&KernelFigures::product_overhead>,
              1e-7, 1e-3, kDenseProduct | kSparse},
    FitFigure{"overhead, convolution", "kernels", "convolution_overhead",
              kernel<&KernelFigures::convolution_overhead>, 1e-7, 1e-3,
              kDenseConvolution | kSparseConvolution},
    FitFigure{"efficiency, packing", "kernels", "packing_efficiency",
              kernel<&KernelFigures::packing_efficiency>, kLeast, 1, kPacking},
    FitFigure{"overhead, packing", "kernels", "packing_overhead", kernel<&KernelFigures::packing_overhead>,
              1e-7, 1e-3, kPacking},
    FitFigure{"efficiency, rows", "kernels", "row_efficiency", kernel<&KernelFigures::row_efficiency>, kLeast,
              1, kRows},
    FitFigure{"efficiency, columns", "kernels", "column_efficiency",
              kernel<&KernelFigures::column_efficiency>, kLeast, 1, kColumns},
    FitFigure{"overhead, columns", "kernels", "column_overhead", kernel<&KernelFigures::column_overhead>,
              1e-7, 1e-3, kColumns},
    FitFigure{"efficiency, attention", "kernels", "attention_efficiency",
              kernel<&KernelFigures::attention_efficiency>, kLeast, 1, kAttention},
    FitFigure{"efficiency, attention's gradient", "kernels", "attention_gradient_efficiency",
              kernel<&KernelFigures::attention_gradient_efficiency>, kLeast, 1, kAttentionGradient},
    FitFigure{"coefficients' bandwidth", "kernels", "coefficient_bandwidth",
              kernel<&KernelFigures::coefficient_bandwidth>, 1e10, 1e15, kElements}};
constexpr std::array kEnergies{
    FitFigure{"active power", "power", "active", power<&PowerFigures::active>, 0.1, 1e3, kAllKinds},
    FitFigure{"energy of a tensor flop", "power", "tensor_flop", power<&PowerFigures::tensor_flop>, 1e-14,
              1e-11, kDense | kSparse | kAttention | kAttentionGradient},
    FitFigure{"energy of a DRAM byte", "power", "dram_byte", power<&PowerFigures::dram_byte>, 1e-12, 1e-9,
              kAllKinds}};
constexpr FitFigure kLaunch{
    "launch overhead", "kernels", "launch_overhead", kernel<&KernelFigures::launch_overhead>, 0, 1,
    kAllKinds};
constexpr FitFigure kIdle{"idle power", "power", "idle", power<&PowerFigures::idle>, 0, 1, kAllKinds};
constexpr FitFigure kBurst{"burst power", "power", "burst", power<&PowerFigures::burst>, 0, 1, kAllKinds};

FitPrediction prediction(const Device& device, const Task& task, bool sparse) {
    const auto of = [](const auto& e) { return FitPrediction{e.seconds, e.dynamic_j}; };
    const auto* gemm = std::get_if<GemmTask>(&task);
    if (gemm == nullptr) {
        const auto& vector = std::get<VectorTask>(task);
        return vector.operand_order ? FitPrediction{} : of(estimate(device, vector));
    }
    if (sparse && refuses_sparse(device, *gemm).empty())
        return of(estimate(device, *gemm, Path::TensorSparse));
    GemmTask dense = *gemm;
    dense.nm = {8, 8};
    return of(choose(device, dense).estimate);
}

}  // namespace

std::span<const FitFigure> time_figures() {
    return kTimes;
}
std::span<const FitFigure> energy_figures() {
    return kEnergies;
}
const FitFigure& launch_figure() {
    return kLaunch;
}
const FitFigure& idle_figure() {
    return kIdle;
}
const FitFigure& burst_figure() {
    return kBurst;
}

FitKind fit_kind_of(const std::vector<Task>& tasks, bool sparse) {
    for (const Task& task : tasks) {
        const auto* gemm = std::get_if<GemmTask>(&task);
        if (gemm == nullptr) continue;
        if (gemm->is_matrix()) return sparse ? FitKind::SparseProduct : FitKind::DenseProduct;
        return sparse ? FitKind::SparseConvolution : FitKind::DenseConvolution;
    }
    const auto& vector = std::get<VectorTask>(tasks.front());
    if (!vector.attention.empty())
        return vector.op == VectorOp::Softmax ? FitKind::Attention : FitKind::AttentionGradient;
    switch (walk_of(vector)) {
        case Walk::Packing:
            return FitKind::Packing;
        case Walk::Rows:
            return FitKind::Rows;
        case Walk::Columns:
            return FitKind::Columns;
        case Walk::Elements:
            break;
    }
    return FitKind::Elements;
}

FitPrediction fit_prediction(const Device& device, const std::vector<Task>& tasks, bool sparse) {
    FitPrediction all;
    for (const Task& task : tasks) {
        const FitPrediction one = prediction(device, task, sparse);
        all.seconds += one.seconds;
        all.dynamic_j += one.dynamic_j;
    }
    return all;
}

}  // namespace satsim::gpu
