// Properties of pruning, packing and unpacking on random weights: every pattern, both directions, every
// level.
#include "runtime/nm/pack.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <tuple>

#include "runtime/nm/one_of_two.hpp"
#include "runtime/nm/prune.hpp"
#include "runtime/nm/unpack.hpp"
#include "runtime/support/stored_pattern.hpp"
#include "tests/unit/nm/random_weights.hpp"

namespace satsim::nm {
namespace {

using test::View;

PackedMatrix pack(const View& view, const std::vector<Fp16>& w, NmPattern nm,
                  VectorLevel level = best_vector_level()) {
    PackedMatrix out;
    view.along_rows ? pack_columns(w, view.shape, nm, out, level) : pack_rows(w, view.shape, nm, out, level);
    return out;
}

std::vector<Fp16> pruned(const View& view, std::vector<Fp16> w, NmPattern nm,
                         VectorLevel level = best_vector_level()) {
    view.along_rows ? prune_columns(w, view.shape, nm, level) : prune_rows(w, view.shape, nm, level);
    return w;
}

std::vector<std::uint8_t> mask(const View& view, const std::vector<Fp16>& w, NmPattern nm, VectorLevel level,
                               std::uint8_t background) {
    std::vector<std::uint8_t> kept(w.size(), background);
    view.along_rows ? mask_columns(w, view.shape, nm, kept, level)
                    : mask_rows(w, view.shape, nm, kept, level);
    return kept;
}

// `w` keeps what stands between the rows.
std::vector<Fp16> unpacked(const View& view, const PackedMatrix& packed, std::vector<Fp16> w,
                           VectorLevel level = best_vector_level()) {
    view.along_rows ? unpack_columns(packed, view.shape, w, level)
                    : unpack_rows(packed, view.shape, w, level);
    return w;
}

// Pair by pair, whatever the indices are; nothing where one lies outside its group.
std::optional<std::vector<Fp16>> unpacked_by_definition(const View& view, const PackedMatrix& packed,
                                                        std::vector<Fp16> w) {
    const int m = packed.nm.m;
    for (int tap = 0; tap < packed.taps; ++tap) {
        for (int group = 0; group < packed.groups; ++group) {
            const int size = std::min(m, view.depth() - group * m);
            for (int column = 0; column < packed.columns; ++column) {
                for (int e = 0; e < size; ++e) w[view.offset(tap, group * m + e, column)] = {};
                int before = -1;
                for (int j = 0; j < std::min(packed.nm.n, size); ++j) {
                    const int index = packed.index(tap, group, j, column);
                    if (index > before) {
                        if (index >= size) return std::nullopt;
                        w[view.offset(tap, group * m + index, column)] = packed.value(tap, group, j, column);
                    }
                    before = index;
                }
            }
        }
    }
    return w;
}

// What the definition says, from scratch.
struct Expected {
    PackedMatrix packed;
    std::vector<Fp16> pruned;
    std::vector<std::uint8_t> mask;
};

Expected by_definition(const View& view, const std::vector<Fp16>& w, NmPattern nm, std::uint8_t background) {
    Expected out;
    PackedMatrix& p = out.packed;
    p.taps = static_cast<int>(view.shape.taps);
    p.groups = ceil_div(view.depth(), nm.m);
    p.columns = view.columns();
    p.columns_padded = round_up(p.columns, 32);
    p.nm = nm;
    p.values.resize(static_cast<std::size_t>(p.taps * p.groups * nm.n * p.columns_padded));
    p.indices.resize(p.values.size() / 2);
    out.pruned = w;
    out.mask.assign(w.size(), background);
    for (int tap = 0; tap < p.taps; ++tap) {
        for (int group = 0; group < p.groups; ++group) {
            for (int column = 0; column < p.columns; ++column) {
                const std::vector<Fp16> values = view.group(w, tap, group * nm.m, nm.m, column);
                for (int e = 0; e < static_cast<int>(values.size()); ++e) {
                    out.pruned[view.offset(tap, group * nm.m + e, column)] = {};
                    out.mask[view.offset(tap, group * nm.m + e, column)] = 0;
                }
                int j = 0;
                for (const int e : test::largest(values, nm.n)) {
                    const std::size_t at = p.position(tap, group, j++, column);
                    p.values[at] = values[static_cast<std::size_t>(e)];
                    p.indices[at / 2] = static_cast<std::uint8_t>(p.indices[at / 2] | e << (at % 2 * 4));
                    out.pruned[view.offset(tap, group * nm.m + e, column)] =
                        values[static_cast<std::size_t>(e)];
                    out.mask[view.offset(tap, group * nm.m + e, column)] = 1;
                }
            }
        }
    }
    return out;
}

using Case = std::tuple<VectorLevel, bool>;

class Nm : public testing::TestWithParam<Case> {
  protected:
    void SetUp() override {
        if (level_ > numerics::best_vector_level())
            GTEST_SKIP() << "this processor has no " << to_string(level_);
    }
    const VectorLevel level_ = std::get<0>(GetParam());
    const bool along_rows_ = std::get<1>(GetParam());
};
INSTANTIATE_TEST_SUITE_P(All, Nm,
                         testing::Combine(testing::ValuesIn(numerics::kVectorLevels), testing::Bool()),
                         [](const auto& one) {
                             return std::string(to_string(std::get<0>(one.param))) +
                                    (std::get<1>(one.param) ? "_columns" : "_rows");
                         });

TEST_P(Nm, EqualsTheDefinitionForEveryPattern) {
    std::mt19937_64 random(11);
    for (const int m : {1, 2, 4, 8, 16}) {
        for (int n = 1; n <= m; ++n) {
            for (int round = 0; round < 8; ++round) {
                const NmPattern nm{n, m};
                const View view{test::random_shape(random), along_rows_};
                const std::vector<Fp16> w = test::random_weights(random, view.shape);
                const Expected expected = by_definition(view, w, nm, 7);
                SCOPED_TRACE(to_string(nm) + ", " + std::to_string(view.shape.taps) + " taps of " +
                             std::to_string(view.shape.rows) + " x " + std::to_string(view.shape.columns));
                ASSERT_EQ(pack(view, w, nm, level_), expected.packed);
                ASSERT_EQ(pruned(view, w, nm, level_), expected.pruned);
                ASSERT_EQ(mask(view, w, nm, level_, 7), expected.mask);
            }
        }
    }
}

TEST_P(Nm, UnpackingThePackedIsPruning) {
    std::mt19937_64 random(12);
    for (int round = 0; round < 200; ++round) {
        const int m = 1 << test::pick(random, 1, 4);
        const NmPattern nm{test::pick(random, 1, m), m};
        const View view{test::random_shape(random), along_rows_};
        const std::vector<Fp16> w = test::random_weights(random, view.shape);
        const PackedMatrix packed = pack(view, w, nm, level_);
        const std::vector<Fp16> once = pruned(view, w, nm, level_);
        ASSERT_EQ(unpacked(view, packed, w, level_), once);
        ASSERT_EQ(pruned(view, once, nm, level_), once) << "pruning twice changes something";
        ASSERT_EQ(unpacked(view, pack(view, once, nm, level_), w, level_), once);
    }
}

// Planes of any bits, as a file may hold them: equal indices, descending ones, some outside their group, and
// anything in the padding columns.
TEST_P(Nm, UnpackingAnyIndicesEqualsTheDefinition) {
    std::mt19937_64 random(17);
    int refused = 0;
    for (const int m : {1, 2, 4, 8, 16}) {
        for (int n = 1; n <= m; ++n) {
            for (int round = 0; round < 12; ++round) {
                const NmPattern nm{n, m};
                const View view{test::random_shape(random), along_rows_};
                const std::vector<Fp16> w = test::random_weights(random, view.shape);
                PackedMatrix packed = pack(view, w, nm, level_);
                const bool inside = round % 2 == 0;  // of whole groups
                const int mask = inside ? (m - 1) * 0x11 : 0xFF;
                const int most = test::pick(random, 1, 40);
                for (std::size_t i = 0; i < packed.indices.size(); ++i) {
                    if (inside || test::pick(random, 0, most) == 0)
                        packed.indices[i] = static_cast<std::uint8_t>(test::pick(random, 0, 255) & mask);
                }
                const std::optional<std::vector<Fp16>> expected = unpacked_by_definition(view, packed, w);
                if (expected) {
                    ASSERT_EQ(unpacked(view, packed, w, level_), *expected) << to_string(nm);
                } else {
                    ++refused;
                    ASSERT_THROW((void)unpacked(view, packed, w, level_), std::invalid_argument)
                        << to_string(nm);
                }
            }
        }
    }
    EXPECT_GT(refused, 50);
}

// SAT's copy of a 1:2 matrix: planes of 2:4 that hold exactly what 1:2 keeps.
TEST_P(Nm, OneOfTwoStoredAsTwoOfFourIsTheSameMatrix) {
    std::mt19937_64 random(16);
    for (int round = 0; round < 300; ++round) {
        const View view{test::random_shape(random), along_rows_};
        const std::vector<Fp16> w = test::random_weights(random, view.shape);
        PackedMatrix packed = pack(view, w, kOneOfTwo, level_);
        store_one_of_two(packed);
        ASSERT_EQ(packed.nm, (NmPattern{2, 4}));
        ASSERT_EQ(packed.groups, ceil_div(view.depth(), 4));
        ASSERT_EQ(unpacked(view, packed, w), pruned(view, w, kOneOfTwo, level_));
        const PackedMatrix before = packed;
        store_one_of_two(packed);
        ASSERT_EQ(packed, before) << "2:4 does not stay as it is";
        for (int tap = 0; tap < packed.taps; ++tap) {
            for (int group = 0; group < packed.groups; ++group) {
                for (int column = 0; column < packed.columns_padded; ++column) {
                    for (int j = 0; j < 2; ++j) {
                        const int index = packed.index(tap, group, j, column);
                        if (column < packed.columns && group * 4 + 2 * j < view.depth()) {
                            ASSERT_EQ(index / 2, j);
                            continue;
                        }
                        ASSERT_EQ(index, 0);
                        ASSERT_EQ(packed.value(tap, group, j, column).bits, 0);
                    }
                }
            }
        }
    }
}

TEST_P(Nm, KeepsNOfEveryGroupAndNothingSmallerThanWhatItDrops) {
    std::mt19937_64 random(13);
    for (int round = 0; round < 100; ++round) {
        const int m = 1 << test::pick(random, 1, 4);
        const NmPattern nm{test::pick(random, 1, m), m};
        const View view{test::random_shape(random), along_rows_};
        const std::vector<Fp16> w = test::random_weights(random, view.shape);
        const std::vector<std::uint8_t> kept = mask(view, w, nm, level_, 0);
        for (int tap = 0; tap < view.shape.taps; ++tap) {
            for (int first = 0; first < view.depth(); first += m) {
                for (int column = 0; column < view.columns(); ++column) {
                    const int last = std::min(first + m, view.depth());
                    int count = 0;
                    int least_kept = 0x8000;
                    int most_dropped = -1;
                    for (int e = first; e < last; ++e) {
                        const std::size_t at = view.offset(tap, e, column);
                        const int magnitude = w[at].magnitude();
                        count += kept[at];
                        if (kept[at] != 0) least_kept = std::min(least_kept, magnitude);
                        if (kept[at] == 0) most_dropped = std::max(most_dropped, magnitude);
                    }
                    ASSERT_EQ(count, std::min(nm.n, last - first));
                    ASSERT_GE(least_kept, most_dropped);
                }
            }
        }
    }
}

// A larger matrix, so that every level passes through whole vectors many times.
TEST_P(Nm, LargeMatrixEqualsBaseline) {
    std::mt19937_64 random(14);
    const View view{WeightShape::contiguous(2, 200, 333), along_rows_};
    const std::vector<Fp16> w = test::random_weights(random, view.shape);
    for (const NmPattern nm : {NmPattern{2, 4}, NmPattern{2, 8}, NmPattern{1, 8}, NmPattern{5, 16}}) {
        ASSERT_EQ(pack(view, w, nm, level_), pack(view, w, nm, VectorLevel::Baseline));
        const std::vector<Fp16> once = pruned(view, w, nm, VectorLevel::Baseline);
        ASSERT_EQ(pruned(view, w, nm, level_), once);
        ASSERT_EQ(unpacked(view, pack(view, w, nm, level_), w, level_), once);
    }
}

// Both directions of a matrix and of its transpose are the same thing.
TEST(Directions, RowsOfAMatrixAreColumnsOfItsTranspose) {
    std::mt19937_64 random(15);
    for (int round = 0; round < 50; ++round) {
        const int rows = test::pick(random, 1, 90);
        const int columns = test::pick(random, 1, 90);
        const std::vector<Fp16> w = test::random_weights(random, WeightShape::contiguous(1, rows, columns));
        std::vector<Fp16> turned(w.size());
        for (int r = 0; r < rows; ++r) {
            for (int c = 0; c < columns; ++c) {
                turned[static_cast<std::size_t>(c * rows + r)] = w[static_cast<std::size_t>(r * columns + c)];
            }
        }
        EXPECT_EQ(pack_rows(w, WeightShape::contiguous(1, rows, columns), {2, 8}),
                  pack_columns(turned, WeightShape::contiguous(1, columns, rows), {2, 8}));
    }
}

}  // namespace
}  // namespace satsim::nm
