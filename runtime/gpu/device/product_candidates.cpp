// Products and convolutions: libraries dense, cuSPARSELt and the own kernel where the pattern allows 2:4.
#include <algorithm>
#include <cstdlib>
#include <functional>

#include "runtime/gpu/device/candidates.hpp"
#include "runtime/gpu/device/sparse_views.hpp"
#include "runtime/gpu/kernels/launch.hpp"
#include "runtime/gpu/shared/sparse_wgmma_tile.hpp"

namespace satsim::gpu {
namespace {

// An FP16 bias of n, beside the operands A, B and C.
Operand bias_of(const ProductWork& work) {
    return {work.bias ? halves(work.shape.n) : 0};
}

void dense_product(Libraries& l, const ProductWork& work, Contender& contender) {
    const auto [m, n, k] = work.shape;
    const std::int64_t results = work.count * m * n;
    auto sets = std::make_shared<OperandSets>(
        std::vector<Operand>{
            {halves(work.count * m * k)},
            {halves(work.count * k * n)},
            {work.out == ElementType::Fp32 ? floats(results) : halves(results), Fill::Nothing},
            bias_of(work)},
        l.l2_bytes, l.stream.get());
    const auto product = l.blas.prepare(work, *sets, l.stream);
    contender.sets = sets->sets();
    contender.run = [&l, product, sets](int set) { l.blas.run(*product, *sets, set, l.stream); };
    contender.operands = sets;
}

// Where the library has no algorithm with a bias: a product without, then the bias in a pass of its own, as a
// framework would do it.
void dense_product_then_bias(Libraries& l, const ProductWork& work, Contender& contender) {
    if (work.out == ElementType::Fp32) throw InputError("", "", "a bias on a result in FP32");
    ProductWork plain = work;
    plain.bias = false;
    dense_product(l, plain, contender);
    const auto sets = std::static_pointer_cast<OperandSets>(contender.operands);
    const auto bias = std::make_shared<DeviceBuffer>(floats(work.shape.n));
    check(cudaMemsetAsync(bias->data(), 0, bias->bytes(), l.stream.get()), "clearing device memory");
    ElementwiseArguments a;
    a.elements = work.count * work.shape.m * work.shape.n;
    a.channels = work.shape.n;
    a.channel[0] = static_cast<const float*>(bias->data());
    contender.run = [&l, product = contender.run, sets, bias, a](int set) {
        product(set);
        ElementwiseArguments in_place = a;
        in_place.in[0] = in_place.out[0] = sets->as<std::uint16_t>(2, set);
        check(launch_elementwise(Elementwise::Bias, in_place, l.stream.get()), "a bias");
    };
}

void library_sparse(Libraries& l, const ProductWork& work, Contender& contender) {
    const SparseCalls calls = sparse_calls(work);
    if (!calls.refused.empty()) throw InputError("", "", calls.refused);
    const auto [m, n, k] = work.shape;
    auto sets = std::make_shared<OperandSets>(
        std::vector<Operand>{
            {halves(m * k)}, {halves(k * n), Fill::Pruned24}, {halves(m * n), Fill::Nothing}, bias_of(work)},
        l.l2_bytes, l.stream.get());
    // A plan keeps its bias: all sets use that of the first, which is small and read by every block anyway.
    const auto product = l.sparse.prepare(work.shape, sets->at(0, 0), sets->at(1, 0), sets->at(2, 0),
                                          work.bias ? sets->at(3, 0) : nullptr, l.stream);
    contender.sets = sets->sets();
    // The weights change every step, so compressing them is part of the product's price; the own kernel's
    // operand leaves the optimizer compressed.
    contender.run = [&l, product, sets](int set) {
        l.sparse.compress(*product, sets->at(1, set), l.stream);
        l.sparse.multiply(*product, sets->at(0, set), sets->at(2, set), l.stream);
    };
    contender.operands = sets;
}

using OwnLaunch = std::function<int(const SparseGemmArguments&, Stream)>;

// The own kernels' operands, made when the first of them runs and shared by all.
class OwnOperands {
  public:
    OwnOperands(const Libraries& libraries, const SparseCalls& calls)
        : libraries_(libraries), calls_(calls) {}
    [[nodiscard]] const std::shared_ptr<OperandSets>& sets() {
        if (sets_ == nullptr)
            sets_ = std::make_shared<OperandSets>(
                std::vector<Operand>{{halves(calls_.map_elements)},
                                     {halves(calls_.weights.value_count())},
                                     {floats(calls_.weights.word_count()), Fill::Metadata},
                                     {halves(calls_.result_elements), Fill::Nothing},
                                     {halves(calls_.bias_elements)}},
                libraries_.l2_bytes, libraries_.stream.get());
        return sets_;
    }

  private:
    const Libraries& libraries_;
    const SparseCalls& calls_;
    std::shared_ptr<OperandSets> sets_;
};

void own_sparse(Libraries& l, const SparseCalls& calls, OwnOperands& operands, const OwnLaunch& launch,
                Contender& contender) {
    if (!calls.refused.empty()) throw InputError("", "", calls.refused);
    if (l.compute_capability < 80)
        throw InputError("", "", "no sparse tensor cores before compute capability 8.0");
    const std::shared_ptr<OperandSets> sets = operands.sets();
    contender.sets = sets->sets();
    contender.run = [&l, calls, launch, sets](int set) {
        for (const GatherView& view : calls.views) {
            check(launch({sets->as<std::uint16_t>(0, set), sets->as<std::uint16_t>(1, set),
                          sets->as<std::uint32_t>(2, set), sets->as<std::uint16_t>(3, set), calls.weights,
                          view, calls.bias_elements > 0 ? sets->as<std::uint16_t>(4, set) : nullptr},
                         l.stream.get()),
                  "the own 2:4 kernel");
        }
    };
    contender.run(0);
    l.stream.wait();
    contender.operands = sets;
}

// Hopper's kernel, where it is one.
void own_wgmma(Libraries& l, const SparseCalls& calls, OwnOperands& operands, WgmmaWay way,
               Contender& contender) {
    if (l.compute_capability / 10 != 9) throw InputError("", "", "wgmma needs compute capability 9.x");
    for (const GatherView& view : calls.views) {
        const char* refused = WgmmaTile::refusal(calls.weights, view);
        if (calls.refused.empty() && refused != nullptr) throw InputError("", "", refused);
    }
    own_sparse(
        l, calls, operands,
        [way](const SparseGemmArguments& a, Stream stream) { return launch_sparse_wgmma(a, way, stream); },
        contender);
}

// Ways beside Wide that may win, less those that SATSIM_WGMMA_SKIP names, each behind a comma. Staggered:
// where a tile's whole K fits into the buffers, writing takes about as long as multiplying.
std::vector<WgmmaWay> more_ways(const SparseCalls& calls) {
    std::vector<WgmmaWay> ways;
    const auto skipped = [](WgmmaWay way) {
        const char* names = std::getenv("SATSIM_WGMMA_SKIP");
        return names != nullptr &&
               std::string(names).find(std::string(",") + to_string(way)) != std::string::npos;
    };
    const auto has_short_k = [&calls](const GatherView& view) {
        SparseGemmArguments a;
        a.shape = calls.weights;
        a.view = view;
        return WgmmaTile::steps(a) < WgmmaTile::kStages;
    };
    if (std::ranges::all_of(calls.views, has_short_k)) ways.push_back(WgmmaWay::Staggered);
    if (std::ranges::any_of(calls.views,
                            [&calls](const GatherView& view) { return narrow_may_win(calls.weights, view); }))
        ways.push_back(WgmmaWay::Narrow);
    std::erase_if(ways, skipped);
    return ways;
}

}  // namespace

void add_own_sparse(Libraries& l, const Work& work, std::vector<Contender>& list) {
    const SparseCalls calls = sparse_calls(work);
    OwnOperands operands(l, calls);
    const auto add_wgmma = [&](WgmmaWay way) {
        add_or_refuse(list, std::string("satsim wgmma.sp ") + to_string(way), true,
                      [&](Contender& c) { own_wgmma(l, calls, operands, way, c); });
    };
    add_wgmma(WgmmaWay::Wide);
    const bool hopper = list.back().refused.empty();
    if (hopper) {
        for (const WgmmaWay way : more_ways(calls)) add_wgmma(way);
    }
    for (const SparseTileSize size : {SparseTileSize::Large, SparseTileSize::Medium, SparseTileSize::Small}) {
        add_or_refuse(list, std::string("satsim mma.sp ") + to_string(size), true, [&](Contender& c) {
            own_sparse(
                l, calls, operands,
                [size](const SparseGemmArguments& a, Stream stream) {
                    return launch_sparse_gemm(size, a, stream);
                },
                c);
            c.for_short_work = hopper;
        });
    }
}

std::vector<Contender> contenders(Libraries& l, const ProductWork& work) {
    std::vector<Contender> list;
    add_or_refuse(list, "cuBLASLt", false, [&](Contender& c) { dense_product(l, work, c); });
    if (work.bias && !list.back().refused.empty())
        add_or_refuse(list, "cuBLASLt, then satsim bias", false,
                      [&](Contender& c) { dense_product_then_bias(l, work, c); });
    if (work.nm.dense()) return list;
    add_or_refuse(list, "cuSPARSELt", true, [&](Contender& c) { library_sparse(l, work, c); });
    add_own_sparse(l, work, list);
    return list;
}

std::vector<Contender> contenders(Libraries& l, const ConvolutionWork& work) {
    std::vector<Contender> list;
    add_or_refuse(list, "cuDNN", false, [&](Contender& c) {
        const auto [height, width] = Dnn::input_extent(work);
        const std::int64_t weights = std::int64_t{work.kernel_h} * work.kernel_w *
                                     (work.in_channels / work.groups) * work.out_channels;
        auto sets = std::make_shared<OperandSets>(
            std::vector<Operand>{{halves(work.batch * height * width * work.in_channels)},
                                 {halves(weights)},
                                 {halves(work.batch * work.out_h * work.out_w * work.out_channels)}},
            l.l2_bytes, l.stream.get());
        const auto convolution = l.dnn.prepare(work, *sets, l.stream);
        c.kernel = "cuDNN algorithm " + std::to_string(Dnn::algorithm(*convolution));
        c.sets = sets->sets();
        c.run = [&l, convolution, sets](int set) { l.dnn.run(*convolution, *sets, set, l.stream); };
        c.operands = sets;
    });
    if (!work.nm.dense()) add_own_sparse(l, work, list);
    return list;
}

}  // namespace satsim::gpu
