// Selection on all groups of a small alphabet, and both packed copies against a plain reference.
#include "runtime/vector/sore.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "runtime/numerics/fp16.hpp"
#include "runtime/support/stored_pattern.hpp"
#include "runtime/vector/execute.hpp"

namespace satsim::vector {
namespace {

// Sort by (magnitude descending, position ascending), take the first n.
std::uint32_t reference_mask(const std::vector<std::uint16_t>& group, int n) {
    std::vector<std::size_t> order(group.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t x, std::size_t y) { return (group[x] & 0x7FFF) > (group[y] & 0x7FFF); });
    std::uint32_t mask = 0;
    for (int i = 0; i < n; ++i) mask |= 1U << order[static_cast<std::size_t>(i)];
    return mask;
}

TEST(Sore, AllGroupsOfFourLettersAndEightElements) {
    constexpr std::array<std::uint16_t, 4> kLetters{0x0000, 0x8000, 0xBC00, 0x7E00};  // +0, -0, -1, NaN
    std::vector<std::uint16_t> group(8);
    for (int code = 0; code < 1 << 16; ++code) {
        for (std::size_t e = 0; e < 8; ++e)
            group[e] = kLetters[static_cast<std::size_t>(code >> (2 * e) & 3)];
        for (const int n : {1, 2, 4, 7}) ASSERT_EQ(keep_mask(group, n), reference_mask(group, n)) << code;
    }
}

TEST(Sore, RandomGroupsOfSixteen) {
    std::mt19937 rng(3);
    std::vector<std::uint16_t> group(16);
    for (int trial = 0; trial < 20000; ++trial) {
        for (std::uint16_t& v : group) v = static_cast<std::uint16_t>(rng() & 0x8C03U);
        const int n = static_cast<int>(rng() % 16) + 1;
        ASSERT_EQ(keep_mask(group, n), reference_mask(group, n));
    }
}

TEST(Sore, OneOfTwoInGroupsOfFour) {
    constexpr std::array<std::uint16_t, 4> kLetters{0x0000, 0x8000, 0xBC00, 0x7E00};  // +0, -0, -1, NaN
    std::vector<std::uint16_t> group(4);
    for (int code = 0; code < 1 << 8; ++code) {
        for (std::size_t e = 0; e < 4; ++e)
            group[e] = kLetters[static_cast<std::size_t>(code >> (2 * e) & 3)];
        const bool second = (group[1] & 0x7FFF) > (group[0] & 0x7FFF);
        const bool fourth = (group[3] & 0x7FFF) > (group[2] & 0x7FFF);
        ASSERT_EQ(keep_mask(group, kOneOfTwo), (second ? 2U : 1U) | (fourth ? 8U : 4U)) << code;
    }
}

// PACK of a random FP32 matrix; reads both copies back element by element.
class Packing : public ::testing::TestWithParam<std::tuple<int, int, int, int, int>> {};

TEST_P(Packing, BothCopies) {
    const auto [n, m, rows, channels, line_channels] = GetParam();
    isa::ArrayConfig config;
    config.channels = line_channels;
    config.max_m = 16;
    Parameters p;
    p.operation = isa::vec::Operation::Pack;
    p.flags = isa::vec::kWide;
    p.rows = rows;
    p.channels = channels;
    p.nm_f = p.nm_b = NmPattern{n, m};
    p.results = {0, 0, 0, 40000, 60000, 70000, 90000};
    std::vector<std::uint64_t> vmem(100000, 0xFFFFFFFFFFFFFFFFU);
    std::mt19937 rng(static_cast<unsigned>(rows * 1000 + channels));
    std::vector<std::uint16_t> halves(static_cast<std::size_t>(rows * channels));
    for (int r = 0; r < rows; ++r) {
        for (int c = 0; c < channels; ++c) {
            const float value = static_cast<float>(static_cast<int>(rng() % 17) - 8) * 0.25F;
            halves[static_cast<std::size_t>(r * channels + c)] = numerics::to_fp16(value).bits;
            auto& word = vmem[static_cast<std::size_t>(r * p.input_pitch() + c / 2)];
            const int shift = 32 * (c % 2);
            word = (word & ~(std::uint64_t{0xFFFFFFFF} << shift)) |
                   (std::uint64_t{std::bit_cast<std::uint32_t>(value)} << shift);
        }
    }
    CoefficientMemory cmem(lanes(config));
    EXPECT_FALSE(execute_vector(p, vmem, cmem));

    const auto half = [&](int r, int c) {
        return r < rows && c < channels ? halves[static_cast<std::size_t>(r * channels + c)]
                                        : std::uint16_t{0};
    };
    const auto value_at = [&](std::int64_t base, std::int64_t i) {
        return static_cast<std::uint16_t>(vmem[static_cast<std::size_t>(base + i / 4)] >> (16 * (i % 4)));
    };
    const auto index_at = [&](std::int64_t base, std::int64_t i) {
        return static_cast<int>(vmem[static_cast<std::size_t>(base + i / 16)] >> (4 * (i % 16)) & 0xF);
    };
    const NmPattern stored = stored_pattern({n, m});
    const auto check = [&](int along, int across, int pitch, std::size_t first, const auto& element) {
        for (int g = 0; g * stored.m < along; ++g) {
            for (int c = 0; c < pitch; ++c) {
                std::vector<std::uint16_t> group;
                std::uint32_t mask = 0;
                for (int part = 0; part < stored.m; part += m) {
                    std::vector<std::uint16_t> rivals;
                    for (int e = 0; e < m; ++e) rivals.push_back(element(g * stored.m + part + e, c));
                    mask |= reference_mask(rivals, n) << part;
                    group.insert(group.end(), rivals.begin(), rivals.end());
                }
                int j = 0;
                for (int e = 0; e < stored.m; ++e) {
                    if ((mask >> e & 1U) == 0) continue;
                    const std::int64_t i = std::int64_t{g * stored.n + j++} * pitch + c;
                    ASSERT_EQ(value_at(p.results[first], i), group[static_cast<std::size_t>(e)])
                        << first << " group " << g << " column " << c << " of " << across;
                    if (n != m) {
                        const bool exists = g * stored.m + e < along && c < across;
                        ASSERT_EQ(index_at(p.results[first + 1], i), exists ? e : 0);
                    }
                }
            }
        }
    };
    check(rows, channels, (channels + 15) / 16 * 16, 3, half);
    check(channels, rows, (rows + 15) / 16 * 16, 5, [&](int k, int column) { return half(column, k); });
}

INSTANTIATE_TEST_SUITE_P(Shapes, Packing,
                         ::testing::Values(std::tuple{2, 8, 64, 128, 4}, std::tuple{2, 4, 33, 70, 4},
                                           std::tuple{1, 8, 5, 10, 4}, std::tuple{4, 8, 31, 100, 1},
                                           std::tuple{1, 2, 64, 128, 4}, std::tuple{1, 2, 33, 70, 4},
                                           std::tuple{1, 2, 31, 99, 1}, std::tuple{1, 2, 2, 1, 2},
                                           std::tuple{8, 8, 30, 50, 1}, std::tuple{4, 4, 3, 64, 4},
                                           std::tuple{2, 16, 40, 33, 2}, std::tuple{16, 16, 17, 48, 1}));

}  // namespace
}  // namespace satsim::vector
