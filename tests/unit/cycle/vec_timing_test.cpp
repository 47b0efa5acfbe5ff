// VecTiming in cases computed by hand from docs/architecture/vector.md §1.
#include "sim/cycle/vec_timing.hpp"

#include <gtest/gtest.h>

#include <array>

#include "runtime/support/error.hpp"

namespace satsim::cycle {
namespace {

namespace vec = isa::vec;

VecOperation operation(vec::Operation code, std::int64_t rows, std::int64_t channels, std::int64_t nm_f = 0,
                       std::int64_t nm_b = 0) {
    std::array<std::int64_t, isa::kRegisters> registers{};
    registers[vec::op] = static_cast<std::int64_t>(code);
    registers[vec::rows] = rows;
    registers[vec::channels] = channels;
    registers[vec::nm_f] = nm_f;
    registers[vec::nm_b] = nm_b;
    return VecOperation::from(registers);
}

TEST(VecTiming, SlicesAndBlocksAreRoundedUp) {
    VecTiming timing(256);  // 64 lanes
    // 65 columns: 2 slices; 17 rows: 2 blocks of 16; K = 1 slot of 16 cycles: I = 4 * 16.
    const auto times = timing.dispatch(100, operation(vec::Operation::Relu, 17, 65));
    EXPECT_EQ(times.release, 100 + 64);
    EXPECT_EQ(times.end, 100 + 64 + 24);
    EXPECT_EQ(timing.ready(), 164);
}

TEST(VecTiming, PackingIsOneBlockBehindAndMayBeLimitedByWrites) {
    VecTiming timing(256);
    // SGD: 6 slots, 2 writes. 2:8 both ways: 32 + 16*2/8*2 + 64*2/8*2 = 72 lines in 5 slots: K = 6.
    const VecOperation sgd = operation(vec::Operation::Sgd, 16, 64, 0x0802, 0x0802);
    EXPECT_EQ(sgd.block_slots(64), 6);
    const auto times = timing.dispatch(0, sgd);
    EXPECT_EQ(times.release, 96);
    EXPECT_EQ(times.end, 96 + 96 + 24);
    EXPECT_EQ(timing.ready(), 192);
    // PACK: 2 slots, no writes of its own. 4:8 both ways: 16 + 64 lines: 5 slots.
    EXPECT_EQ(operation(vec::Operation::Pack, 16, 64, 0x0804, 0x0804).block_slots(64), 5);
    // Dense copies have no indices: 16 + 64 lines.
    EXPECT_EQ(operation(vec::Operation::Pack, 16, 64, 0x0808, 0x0808).block_slots(64), 5);
}

TEST(VecTiming, RefusesWhatDoesNotExist) {
    EXPECT_THROW((void)operation(static_cast<vec::Operation>(200), 1, 1), InputError);
    EXPECT_THROW((void)operation(vec::Operation::Pack, 1, 1, 0x0002), InputError);
}

}  // namespace
}  // namespace satsim::cycle
