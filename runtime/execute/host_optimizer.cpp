// Updates, in the order of operations of VEC's programs (docs/architecture/vector.md), and the copies that
// they leave; copies alone.
#include "runtime/execute/host_kernels.hpp"

namespace satsim::execute {
namespace {

struct Scalars {
    explicit Scalars(const VectorWork& work) {
        schedule::VectorProblem problem;
        problem.kernel = work.task.optimizer == "adamw"  ? schedule::VectorKernel::AdamW
                         : work.task.optimizer == "adam" ? schedule::VectorKernel::Adam
                                                         : schedule::VectorKernel::Sgd;
        problem.hyper = work.hyper;
        s = schedule::scalars_of(problem);
        kernel = problem.kernel;
    }
    std::array<float, 11> s{};
    schedule::VectorKernel kernel;
};

// The masks are those of the FP16 values in the reference too, which rounds nothing else.
template <typename Real>
void leave_copies(const VectorWork& work, const Values& matrix) {
    const bool exact = sizeof(Real) == sizeof(double);
    if (work.ff != nullptr)
        *work.ff = pack_weight(matrix, work.task.shape, *work.task.pregenerate_ff, Stage::FF, exact);
    if (work.bp != nullptr)
        *work.bp = pack_weight(matrix, work.task.shape, *work.task.pregenerate_bp, Stage::BP, exact);
}

}  // namespace

// maps: gradient, first state, master, second state (Adam) -> results: master, first, second; copies.
template <typename Real>
void optimizer_work(const VectorWork& work) {
    const Scalars scalars(work);
    const auto s = [&](std::size_t i) { return static_cast<Real>(scalars.s[i]); };
    const bool sgd = scalars.kernel == schedule::VectorKernel::Sgd;
    // SR-STE: what the old weights' m_f leaves out decays more.
    std::vector<bool> kept;
    if (work.hyper.sr_ste_decay != 0 && work.ff != nullptr)
        kept = kept_values(pack_weight({work.maps[2].begin(), work.maps[2].end()}, work.task.shape,
                                       *work.task.pregenerate_ff, Stage::FF, false),
                           work.task.shape, Stage::FF);
    for (std::size_t i = 0; i < work.maps[0].size(); ++i) {
        const auto weight = static_cast<Real>(work.maps[2][i]);
        const bool pruned = !kept.empty() && !kept[i];
        const Real gradient = weight * (pruned ? s(9) : s(1)) + static_cast<Real>(work.maps[0][i]) * s(0);
        const Real first = static_cast<Real>(work.maps[1][i]) * s(2);
        if (sgd) {
            const Real momentum = first + gradient;
            work.results[1][i] = as_sum(momentum);
            work.results[0][i] = as_sum(weight - momentum * s(3));
            continue;
        }
        const Real mean = gradient * s(3) + first;
        const Real square = gradient * gradient * s(5) + static_cast<Real>(work.maps[3][i]) * s(4);
        const Real root = std::sqrt(square) * s(6) + s(7);
        const Real decayed = scalars.kernel == schedule::VectorKernel::AdamW ? weight * s(10) : weight;
        work.results[1][i] = as_sum(mean);
        work.results[2][i] = as_sum(square);
        work.results[0][i] = as_sum(decayed - mean / root * s(8));
    }
    leave_copies<Real>(work, {work.results[0].begin(), work.results[0].end()});
}

// maps: the matrix -> copies.
template <typename Real>
void pruning(const VectorWork& work) {
    leave_copies<Real>(work, {work.maps[0].begin(), work.maps[0].end()});
}

template void optimizer_work<float>(const VectorWork& work);
template void optimizer_work<double>(const VectorWork& work);
template void pruning<float>(const VectorWork& work);
template void pruning<double>(const VectorWork& work);

}  // namespace satsim::execute
