// Products of two activations, one matrix for every row of the shape: C[m,n] = A[m,k] * B[k,n], where B lies
// as [k][n] or, transposed, as [n][k]. SAT reads B as [k][n], so that the other form is transposed first, as
// the step has it; A it reads in either order.
#include "runtime/execute/layer_run.hpp"

namespace satsim::execute {
namespace {

Values turned(LayerRun& run, Stage stage, const Values& from) {
    return run.map(VectorOp::Transpose, stage, {&from}, from.size());
}

}  // namespace

void forward_product(LayerRun& run) {
    const Values b = run.each(1);
    run.values.out = run.layer.transposed ? run.product(Stage::FF, "", run.each(0), turned(run, Stage::FF, b))
                                          : run.product(Stage::FF, "", run.each(0), b);
}

// dA = dC * B^T; dB = A^T * dC or, where B lies as [n][k], dB^T = dC^T * A.
void backward_product(LayerRun& run) {
    if (!run.wants(0) && !run.wants(1)) return;
    const Values& dc = run.values.gradient;
    const bool transposed = run.layer.transposed;
    run.deliver_each(0, transposed ? run.product(Stage::BP, "dA", dc, run.each(1))
                                   : run.product(Stage::BP, "dA", dc, turned(run, Stage::BP, run.each(1))));
    run.deliver_each(1, transposed ? run.turned_product(Stage::BP, "dB", dc, run.each(0))
                                   : run.turned_product(Stage::BP, "dB", run.each(0), dc));
}

}  // namespace satsim::execute
