// Products of two activations, one matrix for every row of the shape: C[m,n] = A[m,k] * B[k,n], where B lies
// as [k][n] or, transposed, as [n][k]. SAT reads B as [k][n], so that the other form is transposed first, as
// the step has it; A it reads in either order.
#include "runtime/execute/step_run.hpp"

namespace satsim::execute {
namespace {

Values turned(LayerRun& run, Stage stage, const Values& from) {
    return run.map(VectorOp::Transpose, stage, {&from}, from.size());
}

Values product(LayerRun& run, Stage stage, const char* part, const Values& a, const Values& b) {
    const auto [task, engine] = run.tasks.gemm(stage, part);
    const GemmShape& s = task.shape;
    Values c(static_cast<std::size_t>(task.count * s.m * s.n));
    engine.gemm({.task = task,
                 .a = {a.data(), s.m * s.k, 0, 0, s.k},
                 .b = {b.data(), s.k * s.n, s.n},
                 .map = {c.data(), s.m * s.n, 0, 0, s.n}});
    return c;
}

// A^T * B, where A lies as [k][m].
Values turned_product(LayerRun& run, Stage stage, const char* part, const Values& a, const Values& b) {
    const auto [task, engine] = run.tasks.gemm(stage, part);
    const GemmShape& s = task.shape;
    Values c(static_cast<std::size_t>(task.count * s.m * s.n));
    engine.gemm({.task = task,
                 .a = {a.data(), s.k * s.m, 0, 0, s.m},
                 .b = {b.data(), s.k * s.n, s.n},
                 .rows = {c.data(), s.m * s.n, s.n}});
    return c;
}

}  // namespace

void forward_product(LayerRun& run) {
    const Values& b = run.in(1);
    run.values.out = run.layer.transposed ? product(run, Stage::FF, "", run.in(0), turned(run, Stage::FF, b))
                                          : product(run, Stage::FF, "", run.in(0), b);
}

// dA = dC * B^T; dB = A^T * dC or, where B lies as [n][k], dB^T = dC^T * A.
void backward_product(LayerRun& run) {
    if (!run.wants(0) && !run.wants(1)) return;
    const Values& dc = run.values.gradient;
    const bool transposed = run.layer.transposed;
    run.deliver(0, transposed ? product(run, Stage::BP, "dA", dc, run.in(1))
                              : product(run, Stage::BP, "dA", dc, turned(run, Stage::BP, run.in(1))));
    run.deliver(1, transposed ? turned_product(run, Stage::BP, "dB", dc, run.in(0))
                              : turned_product(run, Stage::BP, "dB", run.in(0), dc));
}

}  // namespace satsim::execute
