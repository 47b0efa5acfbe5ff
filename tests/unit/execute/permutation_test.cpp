// Where the elements of a permutation go, and which shapes do not say it.
#include "runtime/execute/permutation.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <stdexcept>

namespace satsim::execute {
namespace {

constexpr std::int64_t kBatch = 2;

Layer permute(const TensorShape& in, const TensorShape& out, bool transposed) {
    Layer layer;
    layer.kind = LayerKind::Permute;
    layer.in = in;
    layer.out = out;
    layer.transposed = transposed;
    return layer;
}

// `place(channel, row, column)` of the output: channel, row and column of the input.
void expect_places(
    const Layer& layer,
    const std::function<std::array<std::int64_t, 3>(std::int64_t, std::int64_t, std::int64_t)>& place) {
    ASSERT_TRUE(has_one_meaning(layer));
    const std::vector<std::size_t> places = permuted_places(layer, kBatch);
    ASSERT_EQ(std::ssize(places), kBatch * layer.out.elements());
    std::size_t i = 0;
    for (std::int64_t b = 0; b < kBatch; ++b)
        for (std::int64_t y = 0; y < layer.out.height; ++y)
            for (std::int64_t x = 0; x < layer.out.width; ++x)
                for (std::int64_t c = 0; c < layer.out.channels; ++c) {
                    const auto [channel, row, column] = place(c, y, x);
                    const std::int64_t at =
                        ((b * layer.in.height + row) * layer.in.width + column) * layer.in.channels + channel;
                    ASSERT_EQ(places[i++], static_cast<std::size_t>(at)) << c << " " << y << " " << x;
                }
}

using At = std::array<std::int64_t, 3>;

TEST(Permutation, HasTheOneMeaningOfItsShapes) {
    // Heads before positions, and keys with the positions innermost, as attention has them.
    expect_places(permute({8, 5, 3}, {8, 3, 5}, false), [](auto c, auto y, auto x) { return At{c, x, y}; });
    expect_places(permute({8, 5, 3}, {5, 3, 8}, true), [](auto c, auto y, auto x) { return At{x, c, y}; });
    expect_places(permute({8, 5, 3}, {5, 8, 3}, true), [](auto c, auto y, auto x) { return At{y, c, x}; });
    expect_places(permute({8, 5, 3}, {3, 5, 8}, true), [](auto c, auto y, auto x) { return At{x, y, c}; });
    expect_places(permute({8, 5, 3}, {3, 8, 5}, true), [](auto c, auto y, auto x) { return At{y, x, c}; });
    expect_places(permute({8, 1, 3}, {3, 1, 8}, true), [](auto c, auto, auto x) { return At{x, 0, c}; });
    expect_places(permute({8, 5, 3}, {15, 2, 4}, true), [](auto c, auto y, auto x) {
        return At{y * 4 + x, c / 3, c % 3};
    });
    expect_places(permute({2, 6, 4}, {8, 3, 2}, false), [](auto c, auto y, auto x) {
        return At{c % 2, 2 * y + c / 4, 2 * x + c / 2 % 2};
    });
}

TEST(Permutation, OfSeveralMeaningsIsNone) {
    EXPECT_FALSE(has_one_meaning(permute({16, 1, 6}, {12, 1, 8}, false)));  // no order of axes
    EXPECT_FALSE(has_one_meaning(permute({4, 4, 9}, {4, 3, 12}, false)));
    EXPECT_FALSE(has_one_meaning(permute({5, 3, 3}, {3, 5, 3}, true)));  // rows or columns
    EXPECT_THROW((void)permuted_places(permute({5, 3, 3}, {3, 5, 3}, true), 1), std::logic_error);
}

}  // namespace
}  // namespace satsim::execute
