// The own kernel's view of a task reads the map as the task says, position by position and tap by tap.
#include "runtime/gpu_execute/kernel_view.hpp"

#include <gtest/gtest.h>

#include "tests/unit/execute/networks.hpp"

namespace satsim::execute::test {
namespace {

std::int64_t checked_views(const Network& network) {
    std::int64_t checked = 0;
    for (const Task& task : make_training_step(network, Recipe{}, 2).tasks) {
        const auto* gemm = std::get_if<GemmTask>(&task);
        if (gemm == nullptr || gemm->sums_positions() || gemm->gather.channels % 8 != 0) continue;
        const Gather& g = gemm->gather;
        const auto view = kernel_view(*gemm);
        if (!view) {
            ADD_FAILURE() << gemm->layer << " " << gemm->part;
            continue;
        }
        EXPECT_EQ(view->positions(), g.positions());
        EXPECT_EQ(static_cast<std::size_t>(view->taps()), g.taps.size());
        std::int64_t position = 0;
        for (std::int64_t b = 0; b < g.batch; ++b)
            for (int oy = 0; oy < g.grid_h; ++oy)
                for (int ox = 0; ox < g.grid_w; ++ox, ++position) {
                    const gpu::GatherRow row = gpu::gather_row(*view, position);
                    for (std::size_t t = 0; t < g.taps.size(); ++t, ++checked) {
                        const int y = oy * g.stride_y + g.taps[t].dy;
                        const int x = ox * g.stride_x + g.taps[t].dx;
                        const bool inside = y >= 0 && y < g.in_h && x >= 0 && x < g.in_w;
                        const std::int64_t want = inside ? ((b * g.in_h + y) * g.in_w + x) * g.channels : -1;
                        EXPECT_EQ(gpu::gather_offset(*view, row, static_cast<int>(t), 0), want);
                        EXPECT_EQ(view->weight_tap(static_cast<int>(t)), g.taps[t].weight_tap);
                    }
                    const Scatter& s = gemm->scatter;
                    const std::int64_t to =
                        (b * s.out_h + oy * s.step_y + s.off_y) * s.out_w + ox * s.step_x + s.off_x;
                    EXPECT_EQ(gpu::scatter_row(*view, position), to);
                }
    }
    return checked;
}

TEST(GpuKernelView, ReadsWhatTheTaskReads) {
    const auto layers = [](const char* text) { return network_of(nlohmann::json::parse(text), {8, 9, 11}); };
    EXPECT_GT(checked_views(layers(R"([{"kind": "conv", "out": 8, "kernel": 3, "pad": 1},
                                       {"kind": "conv", "out": 8, "kernel": 3, "pad": 1, "stride": 2},
                                       {"kind": "conv", "out": 8, "kernel": 1},
                                       {"kind": "conv", "out": 16, "kernel": 3, "pad": 2, "dilation": 2},
                                       {"kind": "conv-transpose", "out": 8, "kernel": 4, "stride": 2, "pad": 1},
                                       {"kind": "conv", "out": 8, "kernel": 5, "stride": 3}])")),
              5000);
    EXPECT_GT(checked_views(network_of(nlohmann::json::parse(R"([{"kind": "linear", "out": 16},
                                                                 {"kind": "linear", "out": 8}])"),
                                       {8, 1, 9})),
              20);
}

TEST(GpuKernelView, RefusesWhatIsNoGrid) {
    GemmTask task;
    task.gather = {1, 4, 4, 4, 4, 8, 1, 1, 0, false, {{0, 0, 0}, {0, 1, 1}, {1, 0, 2}, {1, 2, 3}}, {}};
    task.scatter = {4, 4, 1, 1, 0, 0};
    EXPECT_FALSE(kernel_view(task).has_value());
    task.gather.taps[3].dx = 1;
    EXPECT_TRUE(kernel_view(task).has_value());
    task.gather.taps.pop_back();
    EXPECT_FALSE(kernel_view(task).has_value());
}

}  // namespace
}  // namespace satsim::execute::test
