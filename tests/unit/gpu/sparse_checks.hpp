// The own 2:4 kernel on a machine (emulated or real) against a plain product, within the bound of FP32
// accumulation in any order and one rounding to FP16.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "runtime/gpu/kernels/launch.hpp"
#include "runtime/gpu/shared/sparse_wgmma_tile.hpp"
#include "tests/unit/gpu/update_checks.hpp"

namespace satsim::gpu::test {

struct Problem {
    GatherView view;
    std::int64_t rows;         // output channels
    std::int64_t weight_taps;  // of the layer
    int n, m;
};

inline GatherView convolution(std::int64_t batch, int size, int channels, int kernel, int stride, int pad) {
    GatherView v;
    v.batch = batch;
    v.in_h = v.in_w = size;
    v.grid_h = v.grid_w = (size + 2 * pad - kernel) / stride + 1;
    v.channels = channels;
    v.stride_y = v.stride_x = stride;
    v.taps_y = v.taps_x = kernel;
    v.first_dy = v.first_dx = -pad;
    v.weight_tap_step_y = kernel;
    v.out_h = v.grid_h;
    v.out_w = v.grid_w;
    return v;
}
// The gradient's phase 1,1 of a 3x3 convolution of stride 2: taps 0 and 2 of either direction, results at odd
// rows and columns.
inline GatherView phase(std::int64_t batch, int channels) {
    GatherView v;
    v.batch = batch;
    v.grid_h = v.grid_w = 3;
    v.in_h = v.in_w = 4;
    v.channels = channels;
    v.taps_y = v.taps_x = 2;
    v.first_dy = v.first_dx = 1;
    v.step_dy = v.step_dx = -1;
    v.weight_tap_step_y = 6;
    v.weight_tap_step_x = 2;
    v.out_h = v.out_w = 7;
    v.step_y = v.step_x = 2;
    v.off_y = v.off_x = 1;
    return v;
}

// `kernel`: a SparseTileSize, or WgmmaTile for Hopper's kernel. `biased`: with a bias of the output channels.
template <class Machine, class Kernel>
void expect_product_of(Machine& machine, Kernel kernel, const Problem& p, Generator& generator, bool biased) {
    const GatherView& v = p.view;
    const Compressed24Shape shape{p.rows, p.weight_taps, v.channels};
    // W as [tap][channel][row].
    std::vector<Fp16> w =
        random_halves(generator, static_cast<std::size_t>(p.weight_taps * v.channels * p.rows));
    HostCompressed24 sparse(shape);
    UpdateArguments packing;
    packing.half = bits_of(machine.put(w));
    packing.taps = p.weight_taps;
    packing.rows = v.channels;
    packing.columns = p.rows;
    packing.forward = compressed_copy(machine, sparse, {p.n, p.m});
    machine.update(UpdateRule::None, packing);
    fetch(machine, sparse);

    std::vector<Fp16> map =
        random_halves(generator, static_cast<std::size_t>(v.batch * v.in_h * v.in_w * v.channels));
    const auto places = static_cast<std::size_t>(v.batch * v.out_h * v.out_w);
    std::vector<Fp16> result(places * static_cast<std::size_t>(p.rows), Fp16{0x3333});
    // Large beside the sums, so that a channel's neighbour would not do.
    std::vector<Fp16> bias = random_halves(generator, static_cast<std::size_t>(p.rows), 16);
    machine.sparse_gemm(
        kernel, {bits_of(machine.put(map)), machine.put(sparse.values), machine.put(sparse.metadata),
                 bits_of(machine.put(result)), shape, v, biased ? bits_of(machine.put(bias)) : nullptr});
    machine.get(result);

    // As floats: products of FP16 are exact in double.
    const auto channels = static_cast<std::size_t>(v.channels);
    std::vector<float> dense(static_cast<std::size_t>(p.rows * v.taps()) * channels);  // [row][tap][channel]
    for (std::size_t i = 0; i < dense.size(); ++i) {
        const auto tap = static_cast<int>(i / channels % static_cast<std::size_t>(v.taps()));
        const auto row = static_cast<std::int64_t>(i / channels) / v.taps();
        dense[i] = from_half(sparse.at(row, v.weight_tap(tap), static_cast<std::int64_t>(i % channels)));
    }
    std::vector<float> wide(map.size());
    std::transform(map.begin(), map.end(), wide.begin(), [](Fp16 x) { return numerics::to_float(x); });

    std::size_t written = 0;
    for (std::int64_t position = 0; position < v.positions(); ++position) {
        const GatherRow at = gather_row(v, position);
        for (std::int64_t row = 0; row < p.rows; ++row) {
            double sum = biased ? numerics::to_float(bias[static_cast<std::size_t>(row)]) : 0;
            double magnitude = std::abs(sum);
            for (int tap = 0; tap < v.taps(); ++tap) {
                const std::int64_t from = gather_offset(v, at, tap, 0);
                if (from < 0) continue;
                const float* x = wide.data() + from;
                const float* y = dense.data() + static_cast<std::size_t>(row * v.taps() + tap) * channels;
                for (std::size_t channel = 0; channel < channels; ++channel) {
                    const double term = double{x[channel]} * double{y[channel]};
                    sum += term;
                    magnitude += std::abs(term);
                }
            }
            const Fp16 got = result[static_cast<std::size_t>(scatter_row(v, position) * p.rows + row)];
            const double bound =
                magnitude * v.taps() * v.channels * 0x1p-23 + std::abs(sum) * 0x1p-10 + 0x1p-24;
            ASSERT_NEAR(numerics::to_float(got), sum, bound) << position << " " << row;
            ++written;
        }
    }
    std::size_t touched = 0;
    for (const Fp16 r : result) touched += r == Fp16{0x3333} ? 0 : 1;
    EXPECT_LE(touched, written);  // nothing but the positions' rows
}

template <class Machine, class Kernel>
void expect_product(Machine& machine, Kernel kernel, const Problem& p, Generator& generator) {
    for (const bool biased : {false, true}) {
        SCOPED_TRACE(biased ? "with a bias" : "without a bias");
        expect_product_of(machine, kernel, p, generator, biased);
    }
}

template <class Machine>
void expect_matrices_of_odd_sizes(Machine& machine) {
    Generator generator(5);
    expect_product(machine, SparseTileSize::Small, {GatherView::matrix(64, 64), 64, 1, 2, 4}, generator);
    expect_product(machine, SparseTileSize::Small, {GatherView::matrix(1, 8), 1, 1, 2, 4}, generator);
    expect_product(machine, SparseTileSize::Small, {GatherView::matrix(70, 104), 67, 1, 2, 8}, generator);
    expect_product(machine, SparseTileSize::Medium, {GatherView::matrix(131, 96), 136, 1, 1, 8}, generator);
    expect_product(machine, SparseTileSize::Large, {GatherView::matrix(257, 72), 130, 1, 1, 4}, generator);
}
// One block, clusters of two and four, empty blocks in a cluster, ragged rows, positions and K, odd steps.
template <class Tile, class Machine>
void expect_wgmma_matrices_of_odd_sizes(Machine& machine) {
    Generator generator(8);
    const auto expect = [&](std::int64_t positions, int channels, std::int64_t rows, int n, int m) {
        SCOPED_TRACE(testing::Message() << positions << " x " << channels << " x " << rows);
        expect_product(machine, Tile{}, {GatherView::matrix(positions, channels), rows, 1, n, m}, generator);
    };
    expect(256, 64, 128, 2, 4);
    expect(1, 8, 1, 2, 4);
    expect(70, 104, 67, 2, 8);
    expect(257, 72, 130, 1, 4);
    expect(300, 200, 264, 2, 16);
    expect(10, 136, 600, 1, 8);
}
// Maps that the copy engine gathers: padding, strides, dilation of taps by a phase, a tap's channels that end
// within a step, images that end within a block's positions, phases that write every other pixel or have no
// tap.
template <class Tile, class Machine>
void expect_wgmma_convolutions(Machine& machine) {
    Generator generator(11);
    const auto expect = [&](const GatherView& view, std::int64_t rows, std::int64_t taps, int n, int m) {
        SCOPED_TRACE(testing::Message() << view.taps_y << " x " << view.taps_x << " taps, " << view.channels
                                        << " channels, " << rows << " rows");
        expect_product(machine, Tile{}, {view, rows, taps, n, m}, generator);
    };
    expect(convolution(1, 16, 64, 3, 1, 1), 128, 9, 2, 4);
    expect(convolution(2, 7, 16, 3, 1, 1), 40, 9, 2, 8);
    expect(convolution(3, 14, 40, 3, 2, 1), 300, 9, 2, 4);
    expect(convolution(1, 12, 8, 5, 1, 2), 65, 25, 1, 16);
    expect(convolution(2, 9, 24, 1, 2, 0), 136, 1, 2, 8);
    expect(convolution(1, 13, 8, 7, 2, 3), 520, 49, 1, 4);
    expect(phase(2, 48), 16, 9, 2, 8);
    GatherView dilated = convolution(2, 11, 72, 3, 1, 2);
    dilated.grid_h = dilated.grid_w = dilated.out_h = dilated.out_w = 11;
    dilated.step_dy = dilated.step_dx = 2;
    expect(dilated, 130, 9, 2, 4);
    GatherView nothing = phase(3, 16);
    nothing.taps_y = nothing.taps_x = 0;
    expect(nothing, 24, 9, 2, 4);
}

// More tiles than run at a time, so that clusters of four go on to a second one; a long K.
template <class Tile, class Machine>
void expect_large_wgmma_matrices(Machine& machine) {
    Generator generator(9);
    expect_product(machine, Tile{}, {GatherView::matrix(1000, 4096), 264, 1, 2, 4}, generator);
    expect_product(machine, Tile{}, {GatherView::matrix(5000, 72), 2100, 1, 2, 8}, generator);
}
template <class Machine>
void expect_convolutions(Machine& machine) {
    Generator generator(6);
    expect_product(machine, SparseTileSize::Small, {convolution(2, 7, 16, 3, 1, 1), 40, 9, 2, 8}, generator);
    expect_product(machine, SparseTileSize::Small, {convolution(1, 9, 40, 3, 2, 1), 24, 9, 2, 4}, generator);
    expect_product(machine, SparseTileSize::Medium, {convolution(1, 12, 8, 5, 1, 2), 65, 25, 1, 16},
                   generator);
}
template <class Machine>
void expect_phases_of_a_strided_gradient(Machine& machine) {
    Generator generator(7);
    expect_product(machine, SparseTileSize::Small, {phase(2, 48), 16, 9, 2, 8}, generator);
}

}  // namespace satsim::gpu::test
