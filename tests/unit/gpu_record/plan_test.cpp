// Tasks of real networks as GPU work: convolutions come back whole from the tasks that SAT cuts them into.
#include <gtest/gtest.h>

#include "runtime/gpu_record/plan.hpp"
#include "runtime/support/json_cursor.hpp"
#include "runtime/workload/training_step.hpp"

namespace satsim::gpu {
namespace {

Network network(const char* layers, const char* input = R"({"channels": 16, "height": 9, "width": 9})") {
    const std::string text = std::string(R"({"name": "n", "source": "test", "batch": 4, "input": )") + input +
                             R"(, "layers": )" + layers + "}";
    return parse_network(parse_json_text(text, "n.json"), "n.json");
}
WorkPlan plan_of(const Network& n, const char* recipe = "dense") {
    Recipe r;
    if (std::string(recipe) != "dense") {
        r.method = Method::Bdwp;
        r.nm = {2, 8};
    }
    return plan_work(make_training_step(n, r).tasks, Kernels::Separate);
}
template <class Kind>
std::vector<Kind> works_of(const WorkPlan& plan) {
    std::vector<Kind> found;
    for (const Work& work : plan.works)
        if (const auto* kind = std::get_if<Kind>(&work)) found.push_back(*kind);
    return found;
}

// Every pass of a convolution has the geometry of the layer, whatever the stride cut it into.
TEST(GpuPlan, ConvolutionsComeBackWhole) {
    for (const char* second :
         {R"({"name": "b", "kind": "conv", "out": 24, "kernel": 3, "stride": 1, "pad": 1})",
          R"({"name": "b", "kind": "conv", "out": 24, "kernel": 3, "stride": 2, "pad": 1})",
          R"({"name": "b", "kind": "conv", "out": 24, "kernel": 5, "stride": 3, "pad": 2})",
          R"({"name": "b", "kind": "conv", "out": 24, "kernel": 1, "stride": 2, "pad": 0})",
          R"({"name": "b", "kind": "conv", "out": 24, "kernel": 3, "stride": 1, "pad": 2, "dilation": 2})"}) {
        const Network n =
            network((std::string(R"([{"name": "a", "kind": "conv", "out": 16, "kernel": 1}, )") + second +
                     R"(, {"name": "l", "kind": "loss"}])")
                        .c_str());
        const Layer& layer = n.layers[1];
        const WorkPlan plan = plan_of(n);
        const auto convolutions = works_of<ConvolutionWork>(plan);
        ASSERT_EQ(convolutions.size(), 3U) << second;
        for (const ConvolutionWork& w : convolutions) {
            EXPECT_EQ(w.batch, 4);
            EXPECT_EQ(w.in_h, 9);
            EXPECT_EQ(w.in_channels, 16);
            EXPECT_EQ(w.out_channels, 24);
            EXPECT_EQ(w.out_h, layer.out.height) << second;
            EXPECT_EQ(w.stride_y, layer.stride.h) << second;
            EXPECT_EQ(w.stride_x, layer.stride.w) << second;
            EXPECT_EQ(w.kernel_h, layer.kernel.h) << second << to_string(w.pass);
            EXPECT_EQ(w.kernel_w, layer.kernel.w) << second;
            EXPECT_EQ(w.dilation_y, layer.dilation.h) << second;
            EXPECT_EQ(w.pad_top, layer.pad.top) << second;
            EXPECT_EQ(w.pad_left, layer.pad.left) << second;
            EXPECT_EQ(dense_macs(w), 4 * layer.forward_macs());
        }
    }
}

// What the tasks of one piece of work share adds up to it.
TEST(GpuPlan, SharesAddUp) {
    const Network n = network(R"([{"name": "a", "kind": "conv", "out": 16, "kernel": 3, "pad": 1},
                                  {"name": "b", "kind": "conv", "out": 24, "kernel": 3, "stride": 2, "pad": 1},
                                  {"name": "c", "kind": "conv", "out": 24, "kernel": 1, "stride": 2},
                                  {"name": "l", "kind": "loss"}])");
    const auto tasks = make_training_step(n, Recipe{}).tasks;
    const WorkPlan plan = plan_work(tasks, Kernels::Separate);
    ASSERT_EQ(plan.tasks.size(), tasks.size());
    std::vector<double> shares(plan.works.size());
    std::size_t free = 0;
    for (const PlannedTask& t : plan.tasks) {
        shares[t.work] += t.share;
        free += t.share == 0 ? 1 : 0;
        if (t.share == 0) {
            EXPECT_FALSE(t.note.empty());
        }
    }
    for (const double share : shares) EXPECT_NEAR(share, 1, 1e-12);
    EXPECT_EQ(free, 1U);  // clearing the map of the 1x1 convolution of stride 2
}

TEST(GpuPlan, ProductsReadOperandsAsTheyLie) {
    const Network n = network(R"([{"name": "a", "kind": "attention", "heads": 2},
                                  {"name": "f", "kind": "linear", "out": 32},
                                  {"name": "l", "kind": "loss"}])",
                              R"({"channels": 16, "height": 1, "width": 9})");
    const WorkPlan plan = plan_of(n);
    int count_nt = 0;
    int count_tn = 0;
    int count_nn = 0;
    for (const ProductWork& w : works_of<ProductWork>(plan)) {
        EXPECT_FALSE(w.a_transposed && w.b_transposed);
        if (w.count == 1) continue;
        EXPECT_EQ(w.count, 8);
        count_nt += w.b_transposed ? 1 : 0;
        count_tn += w.a_transposed ? 1 : 0;
        count_nn += !w.a_transposed && !w.b_transposed ? 1 : 0;
    }
    // Q*K^T and dO*V^T are equal pieces of work; so are P^T*dO and dS^T*Q, and P*V and dS*K.
    EXPECT_EQ(count_nt, 1);
    EXPECT_EQ(count_tn, 1);
    EXPECT_EQ(count_nn, 1);
    for (std::size_t i = 0; i < plan.tasks.size(); ++i)
        EXPECT_EQ(plan.tasks[i].share, plan.tasks[i].note.empty() ? 1 : 0);
}

TEST(GpuPlan, RowWorkKnowsItsRows) {
    const Network n = network(R"([{"name": "n", "kind": "layernorm"},
                                  {"name": "a", "kind": "attention", "heads": 2},
                                  {"name": "l", "kind": "loss"}])",
                              R"({"channels": 16, "height": 1, "width": 9})");
    for (const VectorWork& w : works_of<VectorWork>(plan_of(n))) {
        if (w.op == VectorOp::Softmax || w.op == VectorOp::SoftmaxGrad) {
            EXPECT_EQ(w.shape.columns, 9);
            EXPECT_EQ(w.shape.rows, 4 * 2 * 9);
        }
        if (w.op == VectorOp::NormApply || w.op == VectorOp::Loss) {
            EXPECT_EQ(w.shape.columns, 16);
        }
    }
}

TEST(GpuPlan, KeepsPatterns) {
    const Network n = network(R"([{"name": "a", "kind": "conv", "out": 16, "kernel": 3, "pad": 1},
                                  {"name": "b", "kind": "conv", "out": 24, "kernel": 3, "stride": 2, "pad": 1},
                                  {"name": "l", "kind": "loss"}])");
    std::size_t sparse = 0;
    for (const ConvolutionWork& w : works_of<ConvolutionWork>(plan_of(n, "bdwp"))) {
        if (w.nm.dense()) continue;
        EXPECT_NE(w.pass, ConvolutionPass::WeightGradient);
        EXPECT_EQ(w.stride_y, 2);
        ++sparse;
    }
    EXPECT_EQ(sparse, 2U);
}

// What a prediction is made for is the same arithmetic.
TEST(GpuPlan, TasksComeBackFromWork) {
    const Network n = network(R"([{"name": "a", "kind": "conv", "out": 16, "kernel": 3, "pad": 1},
                                  {"name": "b", "kind": "conv", "out": 24, "kernel": 3, "stride": 1, "pad": 1},
                                  {"name": "c", "kind": "conv", "out": 24, "kernel": 3, "stride": 2, "pad": 1},
                                  {"name": "f", "kind": "flatten"}, {"name": "d", "kind": "linear", "out": 7},
                                  {"name": "l", "kind": "loss"}])");
    for (const Work& work : plan_of(n).works) {
        const auto task = task_of(work);
        const auto* convolution = std::get_if<ConvolutionWork>(&work);
        const bool strided = convolution != nullptr && convolution->stride_y > 1 &&
                             convolution->pass == ConvolutionPass::InputGradient;
        ASSERT_EQ(task.has_value(), !strided);
        if (!task) {
            // Its phases together, without the taps that read beyond an odd map's edge.
            Macs macs = 0;
            std::vector<Task> phases = tasks_of(work);
            for (const Task& phase : phases) macs += std::get<GemmTask>(phase).dense_macs();
            EXPECT_LE(macs, dense_macs(work)) << describe(work);
            EXPECT_EQ(plan_work(phases, Kernels::Separate).works.front(), work) << describe(work);
            continue;
        }
        if (const auto* gemm = std::get_if<GemmTask>(&*task)) {
            EXPECT_EQ(gemm->dense_macs(), dense_macs(work)) << describe(work);
            // Taken apart and planned again it is the same piece of work.
            if (convolution != nullptr) {
                EXPECT_EQ(plan_work({*task}, Kernels::Separate).works.front(), work) << describe(work);
            }
        }
    }
}

// All that makes attention's works differ, since errors and refusals are read by people.
TEST(GpuPlan, DescribesAttention) {
    AttentionShape shape{4, 16, 8, 128, 128, 96, 64, true, 32};
    EXPECT_EQ(describe(AttentionWork{true, shape}),
              "attention gradient of 4 x 128x128 positions, 16 heads of 96 and 64 over 8, causal, window 32");
    shape.value_size = shape.query_size;
    shape.causal = false;
    shape.window = 0;
    EXPECT_EQ(describe(AttentionWork{false, shape}),
              "attention of 4 x 128x128 positions, 16 heads of 96 over 8");
}

}  // namespace
}  // namespace satsim::gpu
