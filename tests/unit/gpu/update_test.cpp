// The fused update, thread by thread on the CPU, against the core; the optimizers' arithmetic against the
// micro-programs of runtime/vector, bit by bit.
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <set>
#include <tuple>

#include "runtime/vector/micro_program.hpp"
#include "tests/unit/gpu/emulated_device.hpp"
#include "tests/unit/gpu/update_checks.hpp"

namespace satsim::gpu::test {
namespace {

using vector::Function;
using vector::MicroOp;
using vector::Source;

// Runs the core's own program for one element.
UpdateElement by_program(isa::vec::Operation operation, const UpdateElement& e, bool decays,
                         const UpdateConstants& k) {
    using numerics::canonical;
    std::array<float, 4> t{};
    std::array<float, 3> out{canonical(e.weight), canonical(e.first), canonical(e.second)};
    const auto read = [&](Source s) {
        if (s == Source::A) return e.gradient;
        if (s == Source::B) return e.first;
        if (s == Source::C) return e.weight;
        if (s == Source::D) return e.second;
        if (s == Source::Decay) return decays ? k.s[9] : k.s[1];
        if (s >= Source::T0 && s <= Source::T3)
            return t.at(static_cast<std::size_t>(s) - static_cast<std::size_t>(Source::T0));
        return k.s[static_cast<std::size_t>(s) - static_cast<std::size_t>(Source::S0)];
    };
    for (const MicroOp& m : vector::form_of(operation).program) {
        float result = 0;
        switch (m.function) {
            case Function::Pass:
                result = canonical(read(m.a));
                break;
            case Function::Multiply:
                result = vector::mul_rne(read(m.a), read(m.b));
                break;
            case Function::MultiplyAdd:
                result = vector::mad_rne(read(m.a), read(m.b), read(m.c));
                break;
            case Function::MultiplySubtract:
                result = vector::negative_mad_rne(read(m.a), read(m.b), read(m.c));
                break;
            case Function::Add:
                result = numerics::add_rne(read(m.a), read(m.c));
                break;
            case Function::SquareRoot:
                result = vector::sqrt_rne(read(m.a));
                break;
            case Function::Divide:
                result = vector::div_rne(read(m.a), read(m.b));
                break;
            default:
                ADD_FAILURE() << "an optimizer uses a function that this test does not know";
        }
        if (m.temporary >= 0) t.at(static_cast<std::size_t>(m.temporary)) = result;
        if (m.output >= 0) out.at(static_cast<std::size_t>(m.output)) = result;
    }
    return {e.gradient, out[1], out[2], out[0]};
}

template <UpdateRule Rule>
void expect_program(isa::vec::Operation operation) {
    Generator generator(7);
    for (int round = 0; round < 20000; ++round) {
        const std::vector<float> v = wild_floats(generator, 4);
        const UpdateElement e{v[0], v[1], std::abs(v[2]), v[3]};
        const UpdateConstants k = constants_of(generator);
        const bool decays = round % 2 == 0;
        const UpdateElement got = updated<Rule>(e, decays, k);
        const UpdateElement want = by_program(operation, e, decays, k);
        ASSERT_EQ(std::bit_cast<std::uint32_t>(got.weight), std::bit_cast<std::uint32_t>(want.weight))
            << round;
        ASSERT_EQ(std::bit_cast<std::uint32_t>(got.first), std::bit_cast<std::uint32_t>(want.first)) << round;
        ASSERT_EQ(std::bit_cast<std::uint32_t>(got.second), std::bit_cast<std::uint32_t>(want.second))
            << round;
    }
}

TEST(GpuOptimizer, IsTheCoresProgramBitForBit) {
    expect_program<UpdateRule::Sgd>(isa::vec::Operation::Sgd);
    expect_program<UpdateRule::Adam>(isa::vec::Operation::Adam);
    expect_program<UpdateRule::AdamW>(isa::vec::Operation::Adamw);
}

TEST(GpuUpdate, PackedCopiesAreThoseOfTheCore) {
    EmulatedMachine machine;
    expect_packed_copies_of_the_core(machine);
}
// Any 1:2, 2:4, 1:4, 2:8, 1:8, 2:16 and 1:16 matrix is also a 2:4 matrix: nothing is lost by the format.
TEST(GpuUpdate, CompressedCopiesHoldWhatTheCoreKeeps) {
    EmulatedMachine machine;
    expect_compressed_copies_of_the_core(machine);
}
TEST(GpuUpdate, UpdatesAndPacksInOnePass) {
    EmulatedMachine machine;
    expect_update_in_one_pass<UpdateRule::Sgd>(machine);
    expect_update_in_one_pass<UpdateRule::Adam>(machine);
    expect_update_in_one_pass<UpdateRule::AdamW>(machine);
}
TEST(GpuUpdate, PlainCopyIsTheRoundedWeight) {
    EmulatedMachine machine;
    expect_plain_copy(machine);
}

TEST(GpuUpdate, CompressesWhatItUpdates) {
    EmulatedMachine machine;
    expect_compressed_updates(machine);
}

template <int M>
void expect_same_selection(Generator& generator) {
    for (int round = 0; round < 20000; ++round) {
        std::array<std::uint16_t, M> values{};
        // Few magnitudes: ties in most groups; every bit pattern in the others.
        for (std::uint16_t& v : values)
            v = static_cast<std::uint16_t>(round % 2 == 0 ? generator() % 3 | (generator() % 2) << 15
                                                          : generator());
        for (const int n : {1, 2})
            ASSERT_EQ(keep_largest<M>(values.data(), n), keep_mask<M>(values.data(), M, n)) << M << " " << n;
    }
}
TEST(GpuSelection, TheLargestTwoAreThoseThatFewestGoBefore) {
    Generator generator(7);
    expect_same_selection<4>(generator);
    expect_same_selection<8>(generator);
    expect_same_selection<16>(generator);
}

// What mma.sp asks of positions: ascending and different, those of what was kept among them.
TEST(GpuSelection, TablesHoldEveryMaskOfTwo) {
    for (unsigned kept = 0; kept < 16; ++kept) {
        if (std::popcount(kept) > 2) continue;
        const auto positions = static_cast<unsigned>(kPositionsOfMask >> (4 * kept) & 15U);
        const auto filled = static_cast<unsigned>(kFilledOfMask >> (4 * kept) & 15U);
        const unsigned low = positions & 3U;
        const unsigned high = positions >> 2;
        EXPECT_LT(low, high) << kept;
        EXPECT_EQ(filled & 1U, kept >> low & 1U) << kept;
        EXPECT_EQ(filled >> 1, kept >> high & 1U) << kept;
        EXPECT_EQ(std::popcount(filled), std::popcount(kept)) << kept;
        EXPECT_EQ(pick_halves(0xB1B0A1A0U, 0xD1D0C1C0U, positions),
                  (0xA1A0U + 0x1010U * low) | (0xA1A0U + 0x1010U * high) << 16);
    }
}

// Every tile once, in any order of them.
TEST(GpuUpdate, EveryTileHasItsNumber) {
    for (const unsigned together : {1U, 2U, 4U, 7U}) {
        constexpr unsigned kTaps = 3;
        constexpr unsigned kTileRows = 10;
        constexpr unsigned kTileColumns = 5;
        std::set<std::tuple<unsigned, unsigned, unsigned>> seen;
        for (unsigned number = 0; number < kTaps * kTileRows * kTileColumns; ++number) {
            const UpdateTilePlace place = update_tile_at(number, kTileRows, kTileColumns, together);
            EXPECT_LT(place.tap, kTaps);
            EXPECT_LT(place.row, kTileRows);
            EXPECT_LT(place.column, kTileColumns);
            seen.insert({place.tap, place.row, place.column});
        }
        EXPECT_EQ(seen.size(), kTaps * kTileRows * kTileColumns) << together;
    }
    // Along columns first, or four rows at a time.
    EXPECT_EQ(update_tile_at(7, 10, 5, 1).row, 1U);
    EXPECT_EQ(update_tile_at(7, 10, 5, 1).column, 2U);
    EXPECT_EQ(update_tile_at(7, 10, 5, 4).row, 3U);
    EXPECT_EQ(update_tile_at(7, 10, 5, 4).column, 1U);
}

}  // namespace
}  // namespace satsim::gpu::test
