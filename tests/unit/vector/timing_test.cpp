// The durations of docs/architecture/vector.md §1, computed by hand.
#include "runtime/vector/timing.hpp"

#include <gtest/gtest.h>

#include <random>

#include "runtime/vector/accesses.hpp"
#include "sim/cycle/vec_timing.hpp"

namespace satsim::vector {
namespace {

using isa::vec::Operation;

isa::ArrayConfig four_channels() {
    return {};
}  // V = 64

Parameters shape(Operation operation, std::int64_t rows, std::int64_t channels) {
    Parameters p;
    p.operation = operation;
    p.rows = rows;
    p.channels = channels;
    return p;
}

TEST(VectorTiming, OneBlockOfRelu) {
    const OperationTiming t = timing_of(shape(Operation::Relu, 16, 64), four_channels());
    EXPECT_EQ(t.slots, 1);
    EXPECT_EQ(t.blocks, 1);
    EXPECT_EQ(t.issue, 16);
    EXPECT_EQ(t.occupied, 16);
    EXPECT_EQ(t.end, 16 + 24);
    EXPECT_EQ(t.micro_operations, 16 * 64);
}

TEST(VectorTiming, PartialRowsAndSlicesTakeWholeBlocks) {
    // ceil(65/64) = 2 slices, ceil(17/16) = 2 blocks each, 2 slots of 16 cycles.
    const OperationTiming t = timing_of(shape(Operation::Add, 17, 65), four_channels());
    EXPECT_EQ(t.blocks, 4);
    EXPECT_EQ(t.issue, 4 * 2 * 16);
    EXPECT_EQ(t.micro_operations, 17 * 65 * 2);
}

TEST(VectorTiming, ThinSliceHasSixteenLanes) {
    isa::ArrayConfig thin;
    thin.channels = 1;
    EXPECT_EQ(timing_of(shape(Operation::Relu, 16, 64), thin).issue, 4 * 16);
}

// Words of 4 FP16 or 2 FP32 values, added by hand from the programs of vector.md §4.
TEST(VectorAccesses, OfOneOperation) {
    EXPECT_EQ(accesses_of(shape(Operation::Relu, 16, 64)), (Accesses{2 * 16 * 16, 0}));
    EXPECT_EQ(accesses_of(shape(Operation::Relu, 16, 65)),
              (Accesses{2 * 16 * 17, 0}));  // ragged rows: whole words
    EXPECT_EQ(accesses_of(shape(Operation::Add, 16, 64)), (Accesses{3 * 16 * 16, 0}));
    EXPECT_EQ(accesses_of(shape(Operation::BnApply, 16, 64)), (Accesses{2 * 16 * 16, 2 * 1024}));
    EXPECT_EQ(accesses_of(shape(Operation::Accumulate, 16, 64)), (Accesses{16 * 16, 2 * 1024}));
    EXPECT_EQ(accesses_of(shape(Operation::BnStats, 16, 64)), (Accesses{16 * 16, 4 * 1024}));
    // Sixteen slots read both banks, the last writes both; o0 and o1 are FP32.
    EXPECT_EQ(accesses_of(shape(Operation::Fold, 1, 64)), (Accesses{2 * 32, 16 * 2 * 64 + 2 * 64}));
}

TEST(VectorAccesses, PackedCopiesAreWritten) {
    Parameters p = shape(Operation::Sgd, 32, 64);
    EXPECT_EQ(accesses_of(p),
              (Accesses{5 * 32 * 32, 0}));  // gradient, momentum, master in; master, momentum out
    p.nm_f = NmPattern{2, 8};               // 8 rows of 64 values and of 64 nibbles
    EXPECT_EQ(accesses_of(p), (Accesses{5 * 32 * 32 + 8 * 16 + 8 * 4, 0}));
    p.nm_b = NmPattern{2, 8};  // 16 rows of 32
    EXPECT_EQ(accesses_of(p), (Accesses{5 * 32 * 32 + 160 + 16 * 8 + 16 * 2, 0}));
}

TEST(VectorTiming, PackingAddsOneBlock) {
    Parameters p = shape(Operation::Sgd, 32, 64);
    EXPECT_EQ(timing_of(p, four_channels()).occupied, 2 * 6 * 16);
    p.nm_f = NmPattern{2, 8};
    p.nm_b = NmPattern{2, 8};
    // Writes: 2*16 + 16*2/8*2 + 64*2/8*2 = 72 cycles, below six slots.
    const OperationTiming t = timing_of(p, four_channels());
    EXPECT_EQ(t.slots, 6);
    EXPECT_EQ(t.issue, 2 * 6 * 16);
    EXPECT_EQ(t.occupied, 3 * 6 * 16);
    EXPECT_EQ(t.end, 3 * 6 * 16 + 24);
}

TEST(VectorTiming, DenseCopiesAreLimitedByTheWritePort) {
    Parameters p = shape(Operation::Sgd, 16, 64);
    p.nm_f = NmPattern{8, 8};
    p.nm_b = NmPattern{8, 8};
    EXPECT_EQ(timing_of(p, four_channels()).slots, 7);  // 32 + 16 + 64 = 112 cycles
    p.nm_b.reset();
    EXPECT_EQ(timing_of(p, four_channels()).slots, 6);
}

TEST(VectorTiming, Pack) {
    Parameters p = shape(Operation::Pack, 16, 64);
    p.nm_b = NmPattern{4, 8};
    EXPECT_EQ(timing_of(p, four_channels()).slots, 4);  // 64*4/8*2 = 64 cycles
    p.nm_b = NmPattern{1, 8};
    EXPECT_EQ(timing_of(p, four_channels()).slots, 2);  // the sorters' two slots
}

// Two readings of the same page.
TEST(VectorTiming, CycleModelAgrees) {
    std::mt19937 rng(1);
    const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(rng); };
    for (int trial = 0; trial < 5000; ++trial) {
        isa::ArrayConfig config;
        config.channels = 1 << pick(0, 3);
        std::array<std::int64_t, isa::kRegisters> registers{};
        const auto set = [&](int reg, std::int64_t value) {
            registers[static_cast<std::size_t>(reg)] = value;
        };
        const int operation = pick(0, static_cast<int>(isa::vec::kOperations.size()) - 1);
        set(isa::vec::op, operation);
        set(isa::vec::rows, pick(1, 200));
        set(isa::vec::channels, pick(1, 600));
        const auto o = static_cast<Operation>(operation);
        if (o == Operation::Pack || (o >= Operation::Sgd && o <= Operation::Adamw)) {
            for (const int reg : {isa::vec::nm_f, isa::vec::nm_b}) {
                const int m = 2 << pick(0, 3);
                if (pick(0, 2) > 0) set(reg, (m == 2 ? 1 : pick(1, m)) + 256 * m);
            }
        }
        const OperationTiming t = timing_of(decode(registers, 0), config);
        cycle::VecTiming model(config.line_bytes());
        const auto times = model.dispatch(1000, cycle::VecOperation::from(registers));
        ASSERT_EQ(times.release, 1000 + t.issue);
        ASSERT_EQ(times.end, 1000 + t.end);
        ASSERT_EQ(model.ready(), 1000 + t.occupied);
    }
}

}  // namespace
}  // namespace satsim::vector
