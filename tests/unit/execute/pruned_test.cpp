// SDGP: what convolutions, linear layers and attention's projections hand down is the gradient of their
// pruned dY, on every engine, and dW that of the whole one.
#include <gtest/gtest.h>

#include "runtime/execute/pruned_gradient.hpp"
#include "runtime/execute/task_group.hpp"
#include "runtime/nm/one_of_two.hpp"
#include "runtime/nm/pack.hpp"
#include "runtime/nm/prune.hpp"
#include "runtime/workload/phase_gather.hpp"
#include "runtime/workload/weight_shape.hpp"
#include "tests/unit/execute/engines.hpp"

namespace satsim::execute {
namespace {

using nlohmann::json;
using test::distance;
using test::network_of;

constexpr std::int64_t kSamples = 2;

// `dy`, rows of `channels`, with +0 where FP16's rule of selection keeps nothing.
Values pruned_rows(const Values& dy, std::int64_t channels, const NmPattern& nm) {
    std::vector<Fp16> halves;
    for (const double value : dy) halves.push_back(numerics::to_fp16(static_cast<float>(value)));
    std::vector<std::uint8_t> kept(dy.size());
    const auto positions = static_cast<std::int64_t>(dy.size()) / channels;
    nm::mask_rows(halves, nm::WeightShape::contiguous(1, positions, channels), nm, kept);
    Values left = dy;
    for (std::size_t i = 0; i < dy.size(); ++i)
        if (kept[i] == 0) left[i] = 0;
    return left;
}

std::int64_t prunings_of(const TrainingStep& step) {
    return std::ranges::count_if(step.tasks, [](const Task& task) {
        const auto* vector = std::get_if<VectorTask>(&task);
        return vector != nullptr && vector->op == VectorOp::Prune;
    });
}

struct Trial {
    const char* name;
    json layer;
    TensorShape input;
    const char* recipe = "sdgp-2:8";
};

// A first layer, which stays dense, and the one that is tried.
class Pruned : public testing::TestWithParam<Trial> {
  protected:
    Pruned()
        : network_(network_of({first(), GetParam().layer}, GetParam().input, kSamples)),
          recipe_(load_recipe(GetParam().recipe, test::kModels)),
          step_(make_training_step(network_, recipe_, kSamples)),
          layer_(network_.layers[1]) {}

    static json first() {
        const int channels = static_cast<int>(GetParam().input.channels);
        if (GetParam().layer["kind"] == "linear") return {{"kind", "linear"}, {"out", channels}};
        return {{"kind", "conv"}, {"kernel", 1}, {"out", channels}};
    }
    Store run(const std::vector<Engine*>& engines, bool exact) {
        Store store(network_, kSamples, 9, exact);
        execute_step(network_, recipe_, step_, test::first_placement(step_, engines), engines, store);
        return store;
    }
    // Of a linear layer, the weight of a position.
    [[nodiscard]] std::int64_t weight_of(int position) const {
        std::int64_t weight = 0;
        for (std::int64_t end = 0; !layer_.sets.empty(); ++weight) {
            end += layer_.sets[static_cast<std::size_t>(weight)];
            if (position < end) break;
        }
        return weight;
    }
    struct Use {
        std::size_t x;
        std::size_t y;
        std::size_t weight;
    };
    // Every product of an input and a weight in the forward pass of a convolution, one by one; a linear layer
    // is one of a 1x1 kernel, whose taps are its weights.
    template <typename Visit>
    void for_uses(Visit visit) const {
        const Layer& l = layer_;
        const std::int64_t in_group = l.in.channels / l.groups;
        const std::int64_t out_group = l.out.channels / l.groups;
        for (std::int64_t b = 0; b < kSamples; ++b)
            for (int oy = 0; oy < l.out.height; ++oy)
                for (int ox = 0; ox < l.out.width; ++ox)
                    for (int ky = 0; ky < l.kernel.h; ++ky)
                        for (int kx = 0; kx < l.kernel.w; ++kx) {
                            const int y = oy * l.stride.h + ky * l.dilation.h - l.pad.top;
                            const int x = ox * l.stride.w + kx * l.dilation.w - l.pad.left;
                            if (y < 0 || x < 0 || y >= l.in.height || x >= l.in.width) continue;
                            for (std::int64_t o = 0; o < l.out.channels; ++o)
                                for (std::int64_t i = 0; i < in_group; ++i) {
                                    const std::int64_t z = o / out_group;
                                    const std::int64_t tap =
                                        z * l.kernel.area() + ky * l.kernel.w + kx + weight_of(ox);
                                    const std::int64_t from = (b * l.in.height + y) * l.in.width + x;
                                    const std::int64_t to = (b * l.out.height + oy) * l.out.width + ox;
                                    visit(
                                        Use{static_cast<std::size_t>(from * l.in.channels + z * in_group + i),
                                            static_cast<std::size_t>(to * l.out.channels + o),
                                            static_cast<std::size_t>((tap * in_group + i) * out_group +
                                                                     o % out_group)});
                                }
                        }
    }

    Network network_;
    Recipe recipe_;
    TrainingStep step_;
    const Layer& layer_;
    CpuEngine cpu_;
    SatFunctionalEngine sat_{test::small_machine()};
};

TEST_P(Pruned, HandsDownTheGradientOfThePrunedOutput) {
    ReferenceEngine reference;
    const Store start(network_, kSamples, 9, true);
    const Store left = run({&reference}, true);
    const Values& w = start.weights[1].matrix.master;
    const Values& dy = left.layers[1].gradient;
    const Values kept = pruned_rows(dy, layer_.out.channels, recipe_.nm);
    EXPECT_EQ(std::ranges::count_if(kept, [](double value) { return value != 0; }),
              static_cast<std::ptrdiff_t>(dy.size()) * recipe_.nm.n / recipe_.nm.m);
    Values dx(left.layers[0].gradient.size());
    Values dw(w.size());
    for_uses([&](const Use& use) {
        dx[use.x] += w[use.weight] * kept[use.y];
        dw[use.weight] += left.layers[0].out[use.x] * dy[use.y];
    });
    EXPECT_LT(distance(left.layers[0].gradient, dx), 1e-14);
    EXPECT_LT(distance(left.weights[1].matrix.gradient, dw), 1e-14);
}

TEST_P(Pruned, TasksAgreeElementByElement) {
    for (const Task& task : step_.tasks) EXPECT_TRUE(sat_.can_run(task)) << name_of(task);
    test::ComparingEngine both(sat_, cpu_);
    run({&both}, false);
    EXPECT_EQ(both.outside, 0) << both.where;
    EXPECT_EQ(prunings_of(step_), std::ssize(weight_shares(layer_)));
    EXPECT_GT(both.compared_copies, 0);
}

json conv(const json& more = json::object()) {
    json layer = {{"kind", "conv"}, {"out", 16}, {"kernel", 3}, {"pad", 1}};
    layer.update(more);
    return layer;
}
constexpr TensorShape kMap{12, 7, 9};
constexpr TensorShape kRows{20, 1, 6};
INSTANTIATE_TEST_SUITE_P(
    Layers, Pruned,
    testing::Values(
        Trial{"linear", {{"kind", "linear"}, {"out", 24}, {"bias", true}}, kRows},
        Trial{"linear_2_of_4", {{"kind", "linear"}, {"out", 32}}, kRows, "sdgp-2:4"},
        Trial{"linear_4_of_8", {{"kind", "linear"}, {"out", 32}}, kRows, "sdgp-4:8"},
        Trial{"linear_1_of_2_ragged", {{"kind", "linear"}, {"out", 22}}, kRows, "sdgp-1:2"},
        Trial{"linear_of_equal_sets", {{"kind", "linear"}, {"out", 24}, {"sets", 3}}, kRows},
        Trial{"linear_of_sets",
              {{"kind", "linear"}, {"out", 16}, {"bias", true}, {"sets", {1, 2, 0, 1, 2}}},
              kRows,
              "sdgp-2:4"},
        Trial{"linear_of_sets_1_of_2_ragged",
              {{"kind", "linear"}, {"out", 22}, {"sets", {4, 2}}},
              kRows,
              "sdgp-1:2"},
        Trial{"conv", conv({{"bias", true}}), kMap},
        Trial{"conv_2_of_4", conv({{"out", 12}}), kMap, "sdgp-2:4"},
        Trial{"conv_1_of_2", conv({{"out", 12}}), kMap, "sdgp-1:2"},
        Trial{"conv_1_of_8", conv(), kMap, "sdgp-1:8"},
        Trial{"conv_of_one_tap", conv({{"kernel", 1}, {"pad", 0}}), kMap},
        Trial{"conv_of_an_even_kernel", conv({{"kernel", 2}}), kMap},
        Trial{"conv_of_stride_2", conv({{"stride", 2}}), kMap},
        Trial{"conv_of_stride_2_even", conv({{"stride", 2}, {"kernel", 4}}), {12, 8, 10}},
        Trial{"conv_of_stride_3", conv({{"stride", 3}}), kMap},
        Trial{"conv_with_phases_without_a_tap", conv({{"stride", 2}, {"kernel", 1}, {"pad", 0}}), kMap},
        Trial{"conv_dilated", conv({{"dilation", 2}, {"pad", 2}}), kMap},
        Trial{"conv_dilated_by_its_stride", conv({{"dilation", 2}, {"stride", 2}}), kMap},
        Trial{"conv_of_groups", conv({{"groups", 2}}), kMap},
        Trial{"conv_of_groups_and_stride", conv({{"groups", 4}, {"stride", 2}}), kMap, "sdgp-2:4"},
        Trial{"conv_wider_than_its_map", conv({{"stride", 2}}), {12, 3, 1}}),
    [](const auto& each) { return std::string(each.param.name); });

// The reference, and what its prunings read.
class WatchedPrunings : public ReferenceEngine {
  public:
    void vector(const VectorWork& work) override {
        if (work.task.op == VectorOp::Prune) read.emplace_back(work.maps[0].begin(), work.maps[0].end());
        ReferenceEngine::vector(work);
    }
    std::vector<Values> read;
};

Values columns_at(const Values& rows, std::int64_t width, std::int64_t first, std::int64_t count) {
    Values part;
    for (auto row = rows.begin(); row != rows.end(); row += width)
        part.insert(part.end(), row + first, row + first + count);
    return part;
}

// dqkv follows from the product of the pruned dout: it is that of a dense step whose gradient is the pruned
// one. dX follows from the pruned dqkv; the weights' gradients are those of the whole dout and dqkv.
TEST(PrunedAttention, HandsDownTheGradientOfBothPrunedOutputs) {
    constexpr std::int64_t kWidth = 16;
    const Network network = network_of(
        {{{"kind", "linear"}, {"out", kWidth}}, {{"kind", "attention"}, {"heads", 2}}}, {kWidth, 1, 5});
    const Recipe recipe = load_recipe("sdgp-2:8", test::kModels);
    const auto run = [&](const Recipe& by, Engine& engine, const Values* gradient) {
        const TrainingStep step = make_training_step(network, by, kSamples);
        Store store(network, kSamples, 9, true);
        if (gradient != nullptr) store.output_gradients[1] = *gradient;
        execute_step(network, by, step, std::vector<int>(step.tasks.size(), 0), {&engine}, store);
        return store;
    };
    WatchedPrunings watched;
    const Store left = run(recipe, watched, nullptr);
    const Store start(network, kSamples, 9, true);
    ASSERT_EQ(watched.read.size(), 2U);
    const Values& dy = left.layers[1].gradient;
    EXPECT_EQ(watched.read[0], dy);
    const Values& dqkv = watched.read[1];
    const Values kept = pruned_rows(dqkv, 3 * kWidth, recipe.nm);
    const Values& w = start.weights[1].matrix.master;
    Values dx(left.layers[0].gradient.size());
    for (std::size_t i = 0; i < dx.size(); ++i)
        for (std::size_t c = 0; c < 3 * kWidth; ++c)
            dx[i] += w[i % kWidth * 4 * kWidth + c] * kept[i / kWidth * 3 * kWidth + c];
    EXPECT_LT(distance(left.layers[0].gradient, dx), 1e-14);

    ReferenceEngine reference;
    const Values pruned_dy = pruned_rows(dy, kWidth, recipe.nm);
    const Store of_pruned = run(Recipe{}, reference, &pruned_dy);
    const Store of_whole = run(Recipe{}, reference, &dy);
    const auto gradient = [](const Store& store, std::int64_t first, std::int64_t count) {
        return columns_at(store.weights[1].matrix.gradient, 4 * kWidth, first, count);
    };
    EXPECT_LT(distance(gradient(left, 0, 3 * kWidth), gradient(of_pruned, 0, 3 * kWidth)), 1e-14);
    EXPECT_GT(distance(gradient(left, 0, 3 * kWidth), gradient(of_whole, 0, 3 * kWidth)), 0.1);
    EXPECT_LT(distance(gradient(left, 3 * kWidth, kWidth), gradient(of_whole, 3 * kWidth, kWidth)), 1e-14);
}

// Values of few magnitudes, so that many tie, zeros of both signs, infinities and NaN among them.
Values tying_values(std::int64_t count) {
    std::mt19937 rng(3);
    const double choices[] = {1, -1, 2, -2, 0, -0.0, 0x1p-24, 0.5};
    Values values;
    for (std::int64_t i = 0; i < count; ++i) values.push_back(choices[rng() % std::size(choices)]);
    values[0] = std::numeric_limits<double>::infinity();
    values[9] = std::numeric_limits<double>::quiet_NaN();
    return values;
}

TEST(PrunedGradient, IsWhatNmGives) {
    CpuEngine cpu;
    ReferenceEngine reference;
    schedule::MachineView machine = test::small_machine();
    machine.array.max_m = 16;
    SatFunctionalEngine sat(machine);
    const Layer layer;
    for (const NmPattern nm : {NmPattern{2, 8}, {2, 4}, {1, 2}, {1, 4}, {4, 8}, {2, 16}}) {
        for (const std::int64_t positions : {1, 31, 70}) {
            VectorTask task;
            task.op = VectorOp::Prune;
            task.stage = Stage::BP;
            task.shape = {3, positions, 48};
            task.elements = task.shape.elements();
            task.pregenerate_bp = nm;
            const Values dy = tying_values(task.elements);
            std::vector<Fp16> halves;
            for (const double value : dy) halves.push_back(numerics::to_fp16(static_cast<float>(value)));
            nm::PackedMatrix expected = nm::pack_rows(
                halves, nm::WeightShape::contiguous(task.shape.taps, positions, task.shape.columns), nm);
            nm::store_one_of_two(expected);
            for (Engine* engine :
                 {static_cast<Engine*>(&cpu), static_cast<Engine*>(&reference), static_cast<Engine*>(&sat)}) {
                PackedWeight copies;
                engine->vector({.task = task, .layer = layer, .maps = {dy}, .bp = &copies});
                const std::string what = engine->name() + " " + to_string(nm);
                EXPECT_EQ(copies.packed.indices, expected.indices) << what;
                ASSERT_EQ(copies.packed.values.size(), expected.values.size()) << what;
                for (std::size_t i = 0; i < expected.values.size(); ++i)
                    ASSERT_EQ(copies.packed.values[i].bits, expected.values[i].bits) << what << " " << i;
                EXPECT_EQ(copies.nm, nm) << what;
                EXPECT_EQ(std::tuple(copies.taps, copies.k, copies.n),
                          std::tuple(task.shape.taps, task.shape.columns, positions))
                    << what;
            }
        }
    }
}

// The reference selects by what dY is in FP16, lower positions first where that ties, and rounds nothing.
TEST(PrunedGradient, OfTheReferenceIsSelectedInFp16) {
    ReferenceEngine reference;
    VectorTask task;
    task.op = VectorOp::Prune;
    task.shape = {1, 1, 4};
    task.elements = 4;
    task.pregenerate_bp = NmPattern{1, 4};
    const Values dy{0.5, 1 + 0x1p-30, 1 + 0x1p-20, 0.25};
    const Layer layer;
    PackedWeight copies;
    reference.vector({.task = task, .layer = layer, .maps = {dy}, .bp = &copies});
    EXPECT_EQ(copies.dense, (Values{0, 1 + 0x1p-30, 0, 0}));
}

TEST(PrunedGradient, OfMicroBatchesIsThatOfTheBatch) {
    const Network network = network_of({conv(),
                                        conv({{"stride", 2}}),
                                        {{"kind", "flatten"}},
                                        {{"kind", "linear"}, {"out", 16}},
                                        {{"kind", "loss"}}},
                                       {8, 6, 6});
    Recipe recipe = load_recipe("sdgp-2:8", test::kModels);
    const auto gradients = [&](std::int64_t parts) {
        recipe.micro_batches = parts;
        ReferenceEngine reference;
        const TrainingStep step = make_training_step(network, recipe, 4);
        Store store(network, 4, 5, true);
        return execute_step(network, recipe, step, std::vector<int>(step.tasks.size(), 0), {&reference},
                            store)
            .gradients;
    };
    const auto whole = gradients(1);
    const auto parts = gradients(2);
    ASSERT_EQ(whole.size(), parts.size());
    for (std::size_t i = 0; i < whole.size(); ++i)
        EXPECT_LT(distance(parts[i].values, whole[i].values), 1e-12) << whole[i].name;
}

// A layer that is tied reads its owner's copy for FF, as it lies, in BP too; the update after it leaves both.
TEST(PrunedGradient, OfTiedLayersMeetsTheOwnersWeight) {
    const Network network =
        network_of({{{"kind", "lookup"}, {"rows", 24}, {"out", 16}, {"name", "table"}},
                    {{"kind", "linear"}, {"out", 16}, {"name", "a"}},
                    {{"kind", "gelu"}},
                    {{"kind", "linear"}, {"out", 16}, {"name", "b"}, {"tied", "a"}},
                    {{"kind", "linear"}, {"out", 24}, {"name", "head"}, {"tied", "table"}},
                    {{"kind", "loss"}}},
                   {1, 1, 6});
    const Recipe recipe = load_recipe("sdgp-2:8", test::kModels);
    const TrainingStep step = make_training_step(network, recipe, kSamples);
    SatFunctionalEngine sat(test::small_machine());
    CpuEngine cpu;
    test::ComparingEngine both(sat, cpu);
    const std::vector<Engine*> engines{&both, &cpu};
    Store store(network, kSamples, 5);
    for (int steps = 0; steps < 2; ++steps)
        execute_step(network, recipe, step, test::first_placement(step, engines), engines, store);
    EXPECT_EQ(both.outside, 0) << both.where;
    const auto turned = std::ranges::count_if(step.tasks, [](const Task& task) {
        const auto* gemm = std::get_if<GemmTask>(&task);
        return gemm != nullptr && gemm->sparse_is_activation;
    });
    EXPECT_EQ(turned, 2);  // a is the first layer
}

TEST(PrunedGradient, IsShiftedByEachTap) {
    const Network network = network_of({conv({{"kernel", 1}, {"pad", 0}}), conv()}, {8, 3, 4});
    const Layer& layer = network.layers[1];
    Values dy(static_cast<std::size_t>(layer.out.elements()));
    for (std::size_t i = 0; i < dy.size(); ++i) dy[i] = static_cast<double>(i + 1);
    Values three;
    for (int copy = 0; copy < 3; ++copy) three.insert(three.end(), dy.begin(), dy.end());
    const MatrixShape shape{3, layer.out.positions(), layer.out.channels};
    const PackedWeight copies = pack_weight(three, shape, {2, 8}, Stage::BP, false);
    const Gather reads = phases_of(layer, 1).front().reads;
    const PackedWeight b = shifted_copies(copies, reads, 1);
    ASSERT_EQ(std::tuple(b.taps, b.k, b.n), std::tuple(1, 9 * 16, 12));
    // What a product reads of the planes is the dense matrix.
    EXPECT_EQ(unpacked(b.packed, b.nm, {1, b.n, b.k}, Stage::BP).dense, b.dense);
    for (std::size_t t = 0; t < reads.taps.size(); ++t)
        for (int y = 0; y < 3; ++y)
            for (int x = 0; x < 4; ++x)
                for (int c = 0; c < 16; ++c) {
                    const int from_y = y + reads.taps[t].dy;
                    const int from_x = x + reads.taps[t].dx;
                    const bool inside = from_y >= 0 && from_y < 3 && from_x >= 0 && from_x < 4;
                    const bool kept = c % 8 >= 6;  // values ascend
                    const double expected =
                        inside && kept ? dy[static_cast<std::size_t>((from_y * 4 + from_x) * 16 + c)] : 0;
                    EXPECT_EQ(b.dense[(t * 16 + static_cast<std::size_t>(c)) * 12 +
                                      static_cast<std::size_t>(y * 4 + x)],
                              expected);
                }
    const auto refuses = [&](const PackedWeight& other, const Gather& gather, int groups) {
        EXPECT_THROW((void)shifted_copies(other, gather, groups), std::logic_error);
    };
    PackedWeight two = copies;
    two.taps = 2;
    refuses(two, reads, 1);
    refuses(copies, phases_of(layer, 2).front().reads, 1);
    refuses(copies, reads, 2);
    Gather narrow = reads;
    narrow.channels = 4;  // half a group
    refuses(copies, narrow, 4);
}

}  // namespace
}  // namespace satsim::execute
