// Functions of elements, sums and products, pools, softmax, resampling.
#include "runtime/execute/layer_run.hpp"
#include "runtime/workload/operands.hpp"

namespace satsim::execute {
namespace {

SecondOperand second_of(const LayerRun& run) {
    return second_operand(run.layer, run.run.shared());
}

// A trained vector that VEC takes as FP32, as it does biases: the master of a parameter, else what was
// computed from parameters.
const Values& trained_vector(const LayerRun& run) {
    const int from = run.layer.inputs[1];
    const Layer& vector = run.run.layer(from);
    const bool parameter = vector.kind == LayerKind::Parameter && !read_by_index(vector);
    return parameter ? run.run.store.weights[static_cast<std::size_t>(from)].others.master : run.in(1);
}

// Of the micro-batch's positions.
Values combining_weights(const LayerRun& run) {
    const Values& all = run.run.store.choices[static_cast<std::size_t>(run.index)].weights;
    const std::int64_t item = run.layer.in.positions();
    const auto first = all.begin() + run.first_sample() * run.layer.items * item;
    return {first, first + run.batch() * item};
}

}  // namespace

void forward_activation(LayerRun& run) {
    run.values.out = run.layer.fused
                         ? run.in()
                         : run.map(VectorOp::Activation, Stage::FF, {&run.in()}, run.out_elements());
}

void backward_activation(LayerRun& run) {
    const Values& seen = run.layer.kind == LayerKind::Relu ? run.values.out : run.in();
    run.deliver(
        0, run.map(VectorOp::ActivationGrad, Stage::BP, {&run.values.gradient, &seen}, run.in_elements()));
}

void forward_add(LayerRun& run) {
    if (second_of(run) == SecondOperand::TrainedVector)
        run.values.out =
            run.map(VectorOp::Bias, Stage::FF, {&run.in()}, run.out_elements(), {&trained_vector(run)});
    else
        run.values.out = run.map(VectorOp::Add, Stage::FF, {&run.in(0), &run.in(1)}, run.out_elements());
}

void backward_add(LayerRun& run) {
    run.deliver(0, run.values.gradient);
    if (second_of(run) == SecondOperand::SameSize) return run.deliver(1, run.values.gradient);
    run.deliver(1, run.sums(VectorOp::BiasGrad, run.values.gradient, run.in(1).size()));
}

void forward_multiply(LayerRun& run) {
    if (second_of(run) != SecondOperand::TrainedVector) {
        run.values.out = run.map(VectorOp::Multiply, Stage::FF, {&run.in(0), &run.in(1)}, run.out_elements());
        return;
    }
    const Values zeros(run.in(1).size());
    run.values.out = run.map(VectorOp::NormApply, Stage::FF, {&run.in()}, run.out_elements(),
                             {&trained_vector(run), &zeros});
}

void backward_multiply(LayerRun& run) {
    const Values& dy = run.values.gradient;
    if (second_of(run) != SecondOperand::TrainedVector) {
        const auto [task, engine] = run.tasks.vector(VectorOp::Multiply, Stage::BP);
        Values da(run.in(0).size());
        Values db(run.in(1).size());
        engine.vector(
            {.task = task, .layer = run.layer, .maps = {dy, run.in(0), run.in(1)}, .results = {da, db}});
        run.deliver(0, std::move(da));
        run.deliver(1, std::move(db));
        return;
    }
    // The sums of a normalisation with a mean of 0 and a deviation of 1.
    const Values& scale = trained_vector(run);
    const Values ones(scale.size(), 1.0);
    const Values zeros(scale.size());
    Values plain(scale.size());
    Values gradient(scale.size());
    Values b(scale.size());
    Values c(scale.size());
    const auto [task, engine] = run.tasks.vector(VectorOp::NormGradStatistics, Stage::BP);
    engine.vector({.task = task,
                   .layer = run.layer,
                   .maps = {dy, run.in()},
                   .vectors = {scale, ones, zeros},
                   .sums = {plain, gradient, b, c}});
    run.deliver(1, std::move(gradient));
    run.deliver(0, run.map(VectorOp::NormApply, Stage::BP, {&dy}, run.in_elements(), {&scale, &zeros}));
}

void forward_pool(LayerRun& run) {
    run.values.out = run.map(VectorOp::Pool, Stage::FF, {&run.in()}, run.out_elements());
}

void backward_pool(LayerRun& run) {
    run.deliver(0, run.map(VectorOp::PoolGrad, Stage::BP, {&run.values.gradient, &run.in(), &run.values.out},
                           run.in_elements()));
}

void forward_softmax(LayerRun& run) {
    const auto [task, engine] = run.tasks.vector(VectorOp::Softmax, Stage::FF);
    run.values.out.assign(run.out_elements(), 0.0);
    engine.vector({.task = task,
                   .layer = run.layer,
                   .maps = {run.in()},
                   .results = {run.values.out},
                   .length = run.layer.in.channels});
}

void backward_softmax(LayerRun& run) {
    const auto [task, engine] = run.tasks.vector(VectorOp::SoftmaxGrad, Stage::BP);
    Values gradient(run.in_elements());
    engine.vector({.task = task,
                   .layer = run.layer,
                   .maps = {run.values.gradient, run.values.out},
                   .results = {gradient},
                   .length = run.layer.in.channels});
    run.deliver(0, std::move(gradient));
}

// Group by group of the positions: as many as the output's, a weight for each.
void forward_combine(LayerRun& run) {
    const Values weights = combining_weights(run);
    run.values.out = run.map(VectorOp::Combine, Stage::FF, {&run.in(), &weights}, run.out_elements());
}

// The weights are drawn, not computed: nobody takes their gradient.
void backward_combine(LayerRun& run) {
    const Values weights = combining_weights(run);
    run.deliver(0,
                run.map(VectorOp::Combine, Stage::BP, {&run.values.gradient, &weights}, run.in_elements()));
}

void forward_resize(LayerRun& run) {
    run.values.out = run.map(VectorOp::Resize, Stage::FF, {&run.in()}, run.out_elements());
}

void backward_resize(LayerRun& run) {
    run.deliver(0, run.map(VectorOp::Resize, Stage::BP, {&run.values.gradient}, run.in_elements()));
}

}  // namespace satsim::execute
