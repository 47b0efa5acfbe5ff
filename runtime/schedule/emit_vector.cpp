#include "runtime/schedule/emit_vector.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "runtime/schedule/emit_common.hpp"
#include "runtime/schedule/tensor_layout.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/stored_pattern.hpp"

namespace satsim::schedule {
namespace {

constexpr std::int64_t kFp16Bytes = 2;
constexpr std::int64_t kFp32Bytes = 4;
constexpr std::int64_t kWordBytes = 8;
constexpr std::int64_t kPackedColumns = 32;

std::int64_t lanes(const isa::ArrayConfig& array) {
    return array.line_bytes() / kFp32Bytes;
}

bool is_optimizer(VectorKernel kernel) {
    return kernel == VectorKernel::Sgd || kernel == VectorKernel::Adam || kernel == VectorKernel::AdamW;
}

struct Counts {
    int inputs = 0;
    int outputs = 0;
    int vectors_in = 0;
    int vectors_out = 0;
};

Counts counts_of(VectorKernel kernel) {
    switch (kernel) {
        case VectorKernel::Relu:
            return {1, 1, 0, 0};
        case VectorKernel::ReluGrad:
        case VectorKernel::Add:
        case VectorKernel::Sum:
            return {2, 1, 0, 0};
        case VectorKernel::Bias:
            return {1, 1, 1, 0};
        case VectorKernel::BiasGrad:
            return {1, 0, 0, 1};
        case VectorKernel::NormStatistics:
            return {1, 0, 2, 5};
        case VectorKernel::NormApply:
            return {1, 1, 2, 0};
        case VectorKernel::NormGradStatistics:
            return {2, 0, 3, 4};
        case VectorKernel::NormGradApply:
            return {2, 1, 3, 0};
        case VectorKernel::Sgd:
            return {3, 2, 0, 0};
        case VectorKernel::Adam:
        case VectorKernel::AdamW:
            return {4, 3, 0, 0};
        case VectorKernel::Prune:
            return {1, 0, 0, 0};
        case VectorKernel::ZeroFill:
            return {0, 1, 0, 0};
    }
    return {};
}

// What SORE selects; dense in the group size that layout_gemm() pads K to.
NmPattern executed(const NmPattern& nm, std::int64_t reduction, const isa::ArrayConfig& array) {
    if (!nm.dense()) return nm;
    const int group = reduction <= 4 ? 4 : std::min(8, array.max_m);
    return {group, group};
}

VectorKernel kernel_of(const VectorTask& task) {
    switch (task.op) {
        case VectorOp::Activation:
            return VectorKernel::Relu;
        case VectorOp::ActivationGrad:
            return VectorKernel::ReluGrad;
        case VectorOp::Add:
            return task.reads_fp32 > 0 ? VectorKernel::Sum : VectorKernel::Add;
        case VectorOp::Bias:
        case VectorOp::Copy:  // a bias of zero
            return VectorKernel::Bias;
        case VectorOp::BiasGrad:
            return VectorKernel::BiasGrad;
        case VectorOp::NormStatistics:
            return VectorKernel::NormStatistics;
        case VectorOp::NormApply:
            return VectorKernel::NormApply;
        case VectorOp::NormGradStatistics:
            return VectorKernel::NormGradStatistics;
        case VectorOp::NormGradApply:
            return VectorKernel::NormGradApply;
        case VectorOp::Optimizer:
            if (task.optimizer == "adam") return VectorKernel::Adam;
            if (task.optimizer == "adamw") return VectorKernel::AdamW;
            if (task.optimizer == "sgd") return VectorKernel::Sgd;
            throw InputError("layer " + task.layer, "",
                             "optimizer is \"" + task.optimizer + "\", expected sgd, adam or adamw");
        case VectorOp::Prune:
        case VectorOp::Transpose:
            return VectorKernel::Prune;
        case VectorOp::ZeroFill:
            return VectorKernel::ZeroFill;
        default:
            throw InputError("layer " + task.layer, "",
                             std::string("VEC has no micro-program for ") + to_string(task.op));
    }
}

// Element-wise work: rows of one FP32 line, so that FP16 and FP32 rows are whole lines or halves.
MatrixShape shape_of(const VectorTask& task, const isa::ArrayConfig& array) {
    if (task.shape.rows == 0) return {1, ceil_div(task.elements, lanes(array)), lanes(array)};
    if (task.shape.elements() != task.elements)
        throw InputError("layer " + task.layer, "",
                         std::string(to_string(task.op)) + ": " + std::to_string(task.elements) +
                             " elements, but its shape has " + std::to_string(task.shape.elements()));
    return task.shape;
}

VectorLayout::Packed packed(const std::optional<NmPattern>& nm, std::int64_t reduction,
                            std::int64_t columns) {
    VectorLayout::Packed copy;
    if (!nm) return copy;
    const NmPattern stored = stored_pattern(*nm);
    copy.rows = ceil_div<std::int64_t>(reduction, stored.m) * stored.n;
    copy.pitch = round_up(columns, kPackedColumns) * kFp16Bytes;
    return copy;
}

isa::Program emit_zero_fill(const VectorProblem& problem, const isa::ArrayConfig& array) {
    namespace store = isa::store;
    constexpr std::int64_t kPiece = std::int64_t{1} << 24;  // bytes of one operation
    constexpr std::int64_t kZero = 2;
    const VectorLayout layout = layout_vector(problem, array);
    StreamBuilder b;
    for (const int reg : {store::px, store::py, store::pb, store::b0, store::y0, store::x0}) b.set(reg, 0);
    for (const int reg : {store::grid_w, store::grid_h, store::count}) b.set(reg, 1);
    b.set(store::src_kind, kZero);
    b.set(store::base, layout.outputs[0]);
    peeled(b, layout.pitch * problem.rows, kPiece, [&](std::int64_t bytes, bool) {
        b.set(store::len, bytes);
        isa::RunFields run;
        run.flags = store::kSeek;
        b.run(run);
        b.add(store::base, store::base, bytes);
    });
    b.halt();
    isa::Program program;
    program.config = array;
    program.address = layout.program;
    program.streams[static_cast<int>(isa::Engine::Store)] = b.take();
    return program;
}

}  // namespace

bool holds_fp32(VectorKernel kernel) {
    return is_optimizer(kernel) || kernel == VectorKernel::Sum;
}

VectorProblem problem_of(const VectorTask& task, const isa::ArrayConfig& array) {
    if (task.elements < 1) throw InputError("layer " + task.layer, "", "vector task without elements");
    const MatrixShape shape = shape_of(task, array);
    VectorProblem problem;
    problem.layer = task.layer;
    problem.kernel = kernel_of(task);
    problem.taps = shape.taps;
    problem.rows = shape.rows;
    problem.columns = shape.columns;
    problem.relu = task.relu;
    if (task.pregenerate_ff) problem.pack_ff = executed(*task.pregenerate_ff, problem.rows, array);
    if (task.pregenerate_bp) problem.pack_bp = executed(*task.pregenerate_bp, problem.columns, array);
    if (task.op == VectorOp::Transpose)
        problem.pack_bp = executed({array.max_m, array.max_m}, problem.columns, array);
    return problem;
}

VectorLayout layout_vector(const VectorProblem& problem, const isa::ArrayConfig& array) {
    const std::int64_t alignment = std::int64_t{array.line_bytes()} * array.burst_lines;
    std::int64_t next = 0;
    const auto take = [&](std::int64_t bytes) {
        const std::int64_t address = next;
        next += round_up(bytes, alignment);
        return address;
    };
    const Counts counts = counts_of(problem.kernel);
    const bool wide = holds_fp32(problem.kernel);
    VectorLayout layout;
    layout.program =
        take(kWordBytes * array.instructions * isa::kEngines + std::int64_t{array.line_bytes()} * 5);
    layout.pitch = row_pitch(round_up(problem.columns * (wide ? kFp32Bytes : kFp16Bytes), kWordBytes), array);
    const std::int64_t matrix = layout.pitch * problem.rows * problem.taps;
    const std::int64_t vector = round_up(problem.columns * kFp32Bytes, kWordBytes);
    for (int i = 0; i < counts.inputs; ++i) layout.inputs.push_back(take(matrix));
    for (int i = 0; i < counts.vectors_in; ++i) layout.vectors_in.push_back(take(vector));
    // Optimizers update in place: o0 is c (the weight), o1 is b, o2 is d. So do sums.
    if (wide) {
        constexpr std::array<std::size_t, 3> kUpdated{2, 1, 3};
        const bool update = is_optimizer(problem.kernel);
        for (std::size_t i = 0; i < static_cast<std::size_t>(counts.outputs); ++i)
            layout.outputs.push_back(layout.inputs[update ? kUpdated[i] : i]);
    } else {
        for (int i = 0; i < counts.outputs; ++i) layout.outputs.push_back(take(matrix));
    }
    for (int i = 0; i < counts.vectors_out; ++i) layout.vectors_out.push_back(take(vector));
    layout.ff = packed(problem.pack_ff, problem.rows, problem.columns);
    layout.bp = packed(problem.pack_bp, problem.columns, problem.rows);
    for (VectorLayout::Packed* copy : {&layout.ff, &layout.bp}) {
        copy->values = take(copy->rows * copy->pitch * problem.taps);
        copy->indices = take(copy->rows * copy->pitch / 4 * problem.taps);
    }
    layout.bytes = next;
    return layout;
}

std::array<float, 11> scalars_of(const VectorProblem& problem) {
    const Hyperparameters& h = problem.hyper;
    std::array<float, 11> s{};
    if (problem.kernel == VectorKernel::NormStatistics ||
        problem.kernel == VectorKernel::NormGradStatistics) {
        s[0] = 1.0F / static_cast<float>(problem.rows);
        s[1] = h.epsilon;
        s[2] = 1.0F;
        return s;
    }
    s[0] = 1.0F / h.loss_scale;
    s[1] = problem.kernel == VectorKernel::AdamW ? 0.0F : h.weight_decay;
    s[9] = s[1] + h.sr_ste_decay;
    if (problem.kernel == VectorKernel::Sgd) {
        s[2] = h.momentum;
        s[3] = h.learning_rate;
        return s;
    }
    s[2] = h.beta1;
    s[3] = 1.0F - h.beta1;
    s[4] = h.beta2;
    s[5] = 1.0F - h.beta2;
    s[6] = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(static_cast<double>(h.beta2), h.step)));
    s[7] = h.epsilon;
    s[8] = static_cast<float>(h.learning_rate / (1.0 - std::pow(static_cast<double>(h.beta1), h.step)));
    s[10] = 1.0F - h.learning_rate * h.weight_decay;
    return s;
}

isa::Program emit_vector_program(const VectorProblem& problem, const isa::ArrayConfig& array) {
    if (problem.kernel == VectorKernel::ZeroFill) return emit_zero_fill(problem, array);
    const bool update = is_optimizer(problem.kernel) || problem.kernel == VectorKernel::Prune;
    return update ? emit_vector_update(problem, array) : emit_vector_stream(problem, array);
}

isa::Program emit_vector(const VectorTask& task, const MachineView& machine) {
    return emit_vector_program(problem_of(task, machine.array), machine.array);
}

}  // namespace satsim::schedule
