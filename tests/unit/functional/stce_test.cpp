#include "runtime/functional/stce.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <limits>

#include "runtime/functional/stce_kernel.hpp"
#include "runtime/support/error.hpp"
#include "tests/unit/functional/random_state.hpp"
#include "tests/unit/functional/stce_reference.hpp"

namespace satsim::functional {
namespace {

using namespace isa::stce;

struct Mode {
    bool ws;
    bool transposed;
    bool dense;
};

// Random parameters that fit `config`.
Operation random_operation(Random& random, const isa::ArrayConfig& config, Mode mode) {
    Operation op;
    op.engine = isa::Engine::Stce;
    const auto set = [&](int r, std::int64_t value) { op.registers[static_cast<std::size_t>(r)] = value; };
    set(m, std::int64_t{4} << random.in(0, 2));
    set(n, mode.dense ? op[m] : random.in(1, op[m]));
    set(sr, random.in(1, 4));
    set(sc, mode.ws ? 1 : random.in(1, config.slots / op[sr]));
    set(groups, mode.ws ? random.in(1, config.rows) : random.in(1, 8));
    set(rows, random.in(1, config.rows));
    set(batches, random.in(1, 5));
    set(wa, random.in(0, 3));
    const std::int64_t lw = config.line_words();
    const std::int64_t line_words = mode.transposed ? op[sr] * config.rows / 4 : op[groups] * op[m] / 4;
    set(wstride, (line_words + lw - 1) / lw);
    set(nv, config.columns / 4 * random.in(0, 9));
    set(ni, config.columns / 4 * random.in(0, 9));
    set(ra, random.in(0, 3 * config.result_addresses));
    op.flags =
        kFirst | (mode.ws ? kWs : kLast) | (mode.transposed ? kTransposed : 0U) | (mode.dense ? kDense : 0U);
    return op;
}

bool fits(const Operation& op, const isa::ArrayConfig& config) {
    return !isa::operation_fault(op.engine, {op.registers}, op.flags, config);
}

void compare_with_reference(Mode mode, bool wild, int cases) {
    Random random(wild ? 7 : 8);
    int compared = 0;
    while (compared < cases) {
        OnChipState fast(small_array(random));
        Operation op = random_operation(random, fast.config, mode);
        if (!fits(op, fast.config)) continue;
        fill(fast, random, wild, op[m]);
        OnChipState plain = fast;
        reference::Stce reference(plain);
        // A chain of one to three operations; OS drains in the last.
        const std::int64_t links = random.in(1, 3);
        for (std::int64_t link = 0; link < links; ++link) {
            op.flags &= ~(kFirst | kLast | kOutFp16);
            if (link == 0) op.flags |= kFirst;
            if (link == links - 1) op.flags |= (mode.ws ? 0U : kLast) | (random.one_in(2) ? kOutFp16 : 0U);
            op.registers[nv] = fast.config.columns / 4 * random.in(0, 9);
            if (!fits(op, fast.config)) op.registers[nv] = 0;
            execute_stce(op, fast);
            reference.execute(op);
        }
        ASSERT_EQ(fast.result, plain.result) << "case " << compared;
        ++compared;
    }
}

// Every vector width and the baseline of the architecture give the same bits.
TEST(Stce, BaselineVectorsEqualScalarReference) {
    set_vector_support(VectorSupport::Baseline);
    compare_with_reference({false, false, false}, false, 60);
    compare_with_reference({true, false, true}, true, 60);
    set_vector_support(VectorSupport::Best);
}
TEST(Stce, OutputStationaryDenseEqualsScalarReference) {
    compare_with_reference({false, false, true}, false, 150);
}
TEST(Stce, OutputStationarySparseEqualsScalarReference) {
    compare_with_reference({false, false, false}, false, 150);
}
TEST(Stce, TransposedEqualsScalarReference) {
    compare_with_reference({false, true, true}, false, 100);
    compare_with_reference({false, true, false}, false, 100);
}
TEST(Stce, WeightStationaryEqualsScalarReference) {
    compare_with_reference({true, false, true}, false, 100);
    compare_with_reference({true, false, false}, false, 100);
}
TEST(Stce, EveryBitPatternEqualsScalarReference) {
    for (const bool ws : {false, true}) {
        for (const bool dense : {false, true}) compare_with_reference({ws, false, dense}, true, 100);
    }
}

// Partial sums that no STCE operation wrote: negative zeros, subnormals, NaN payloads.
TEST(Stce, WeightStationaryContinuesFromAnyBits) {
    Random random(21);
    int compared = 0;
    while (compared < 100) {
        OnChipState fast(small_array(random));
        Operation op = random_operation(random, fast.config, {true, false, true});
        if (!fits(op, fast.config)) continue;
        fill(fast, random, false, op[m]);
        for (std::uint32_t& v : fast.result)
            v = random.one_in(2) ? static_cast<std::uint32_t>(random.in(0, 1) << 31) : v & 0x807FFFFFU;
        for (std::uint16_t& v : fast.north_values) v = random.one_in(2) ? 0 : v;
        op.flags &= ~kFirst;
        OnChipState plain = fast;
        execute_stce(op, fast);
        reference::Stce(plain).execute(op);
        ASSERT_EQ(fast.result, plain.result);
        ++compared;
    }
}

// The whole operation as a matrix product in double precision; every sum is within FP32's bound for its
// length.
TEST(Stce, MatchesFloat64WithinTheBoundOfFp32) {
    isa::ArrayConfig config;
    Random random(3);
    OnChipState state(config);
    fill(state, random, false, 8);
    Operation op;
    op.engine = isa::Engine::Stce;
    const auto set = [&](int r, std::int64_t value) { op.registers[static_cast<std::size_t>(r)] = value; };
    set(m, 8), set(n, 2), set(sr, 4), set(sc, 2), set(groups, 128), set(rows, 32), set(wstride, 8);
    op.flags = kFirst | kLast;
    execute_stce(op, state);

    const Eigen::Index k_size = 1024;
    const Eigen::Index columns = 64;
    Eigen::MatrixXd a(128, k_size);
    Eigen::MatrixXd b = Eigen::MatrixXd::Zero(k_size, columns);
    for (Eigen::Index p = 0; p < a.rows(); ++p) {
        const auto base = (p % 32) * state.west_row_pitch + p / 32 * 8 * config.line_words() * 4;
        for (Eigen::Index k = 0; k < k_size; ++k)
            a(p, k) = numerics::to_float({state.west[static_cast<std::size_t>(base + k)]});
    }
    for (Eigen::Index row = 0; row < 256; ++row) {
        for (Eigen::Index x = 0; x < columns; ++x) {
            const auto at = static_cast<std::size_t>(row * columns + x);
            const int index = state.north_indices[at / 2] >> (4 * (at % 2)) & 15;
            b(row / 2 * 8 + index, x) += numerics::to_float({state.north_values[at]});
        }
    }
    const Eigen::MatrixXd exact = a * b;
    const Eigen::MatrixXd magnitude = a.cwiseAbs() * b.cwiseAbs();
    const double unit = std::numeric_limits<float>::epsilon() / 2;
    double worst = 0;
    for (Eigen::Index p = 0; p < a.rows(); ++p) {
        for (Eigen::Index x = 0; x < columns; ++x) {
            const auto at = static_cast<std::size_t>((p * 2 + x / 32) * 32 + x % 32);
            const double error = std::abs(std::bit_cast<float>(state.result[at]) - exact(p, x));
            // Duplicate indices of a group were added up exactly in b; the bound is on the sum of magnitudes.
            ASSERT_LE(error, 256 * unit * (magnitude(p, x) + 1)) << p << ' ' << x;
            worst = std::max(worst, error);
        }
    }
    EXPECT_GT(worst, 0);  // FP32 does round; an error of exactly 0 would mean that nothing was compared
}

TEST(Stce, ContinuingWithoutAChainIsRefused) {
    OnChipState state((isa::ArrayConfig()));
    Operation op;
    op.engine = isa::Engine::Stce;
    op.instruction = 7;
    const auto set = [&](int r, std::int64_t value) { op.registers[static_cast<std::size_t>(r)] = value; };
    set(m, 8), set(n, 8), set(sr, 1), set(sc, 1), set(groups, 1), set(rows, 32), set(wstride, 1);
    op.flags = kDense;
    EXPECT_THROW(execute_stce(op, state), InputError);
    op.flags = kDense | kFirst;
    execute_stce(op, state);
    op.flags = kDense | kLast;
    set(sr, 2);
    EXPECT_THROW(execute_stce(op, state), InputError);
    set(sr, 1);
    execute_stce(op, state);
    EXPECT_THROW(execute_stce(op, state), InputError);
}

TEST(Stce, BadParametersNameEngineAndInstruction) {
    OnChipState state((isa::ArrayConfig()));
    Operation good;
    good.engine = isa::Engine::Stce;
    good.instruction = 7;
    const auto set = [&](int r, std::int64_t value) { good.registers[static_cast<std::size_t>(r)] = value; };
    set(m, 8), set(n, 2), set(sr, 1), set(sc, 1), set(groups, 1), set(rows, 32), set(wstride, 1);
    good.flags = kFirst | kLast;
    struct Case {
        int reg;
        std::int64_t value;
        const char* message;
    };
    for (const Case& c :
         {Case{m, 16, "m is 16, expected 4..8"}, Case{m, 6, "m is 6, expected 4, 8 or 16"},
          Case{n, 9, "n is 9, expected 1..8"}, Case{sr, 9, "sr is 9, expected 1..8"},
          Case{rows, 33, "rows is 33, expected 1..32"}, Case{groups, 0, "groups is 0"},
          Case{wa, 512, "reaches word"}, Case{nv, 131072, "of the north value buffer"},
          Case{nv, 4, "nv is 4, expected a multiple of 8"}, Case{ni, 4, "ni is 4, expected a multiple of 8"},
          Case{ni, 131072, "of the north index buffer"}}) {
        Operation op = good;
        op.registers[static_cast<std::size_t>(c.reg)] = c.value;
        try {
            execute_stce(op, state);
            FAIL() << c.message;
        } catch (const InputError& error) {
            EXPECT_NE(std::string(error.what()).find("STCE instruction 7: "), std::string::npos)
                << error.what();
            EXPECT_NE(std::string(error.what()).find(c.message), std::string::npos) << error.what();
        }
    }
    state.north_indices[0] = 0x09;
    execute_stce(good, state);  // its value is 0: the pair is never used
    state.north_values[0] = 0x3C00;
    EXPECT_THROW(execute_stce(good, state), InputError);
}

}  // namespace
}  // namespace satsim::functional
