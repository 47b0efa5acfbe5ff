// The scheduler's estimate of schedules whose time one rule of the contract sets, against the fast model's
// prediction.
#include <gtest/gtest.h>

#include <string>

#include "runtime/schedule/scheduler.hpp"
#include "runtime/workload/matrix_task.hpp"
#include "sim/fast/fast_sat.hpp"

namespace satsim {
namespace {

constexpr std::size_t kAll = 10'000;

GemmTask product(std::int64_t m, std::int64_t n, std::int64_t k, const NmPattern& nm) {
    return matrix_task("product", {m, n, k}, nm);
}

// C = A transposed * B, summed over `positions`.
GemmTask gradient(std::int64_t channels, std::int64_t n, std::int64_t positions) {
    GemmTask task;
    task.layer = "gradient";
    task.stage = Stage::WU;
    task.shape = {channels, n, positions};
    task.nm = {8, 8};
    task.out = ElementType::Fp32;
    task.gather.grid_w = task.gather.in_w = static_cast<int>(positions);
    task.gather.channels = static_cast<int>(channels);
    task.scatter.out_w = static_cast<int>(positions);
    return task;
}

// Of the schedule whose text has `text` in it: how far the estimate is from the prediction, %.
double distance(const GemmTask& task, const std::string& text) {
    const schedule::MachineView machine;
    fast::FastSat fast;
    for (const auto& [schedule, program] : schedule::candidate_programs(task, machine, {}, kAll)) {
        if (schedule.tile_text().find(text) == std::string::npos) continue;
        const auto predicted = static_cast<double>(fast.predict(program, machine.memory).cycles);
        return 100 * (static_cast<double>(schedule.predicted) - predicted) / predicted;
    }
    ADD_FAILURE() << "no schedule " << text;
    return 0;
}

// A pass of one panel goes on with the partial sums of the pass before, from the end of its way down the
// rows.
TEST(Estimate, APassWaitsForItsPartialSums) {
    for (const int sr : {4, 8})
        EXPECT_NEAR(distance(product(2560, 32, 4608, {8, 8}), "x32x256 ws sr" + std::to_string(sr)), 0, 1)
            << sr;
    EXPECT_NEAR(distance(product(2560, 32, 4608, {2, 8}), "x32x256 ws sr8"), 0, 1.5);
}

// The weights of an operation are not put in before the last step of the one before has begun.
TEST(Estimate, WeightsFollowTheLastStep) {
    EXPECT_NEAR(distance(product(2560, 64, 4604, {4, 4}), "x64x128 ws sr4"), 0, 1);
    EXPECT_NEAR(distance(product(2560, 64, 4608, {2, 4}), "x64x128 ws sr4"), 0, 1);
}

// A burst is asked for when it is closed: what is in it is written after the operation's last piece.
TEST(Estimate, ABurstIsWrittenBehindItsLastPiece) {
    EXPECT_NEAR(distance(product(2560, 64, 4608, {4, 8}), "x64x256 ws sr4"), 0, 1.1);
    EXPECT_NEAR(distance(product(2560, 64, 4608, {1, 8}), "x64x256 ws sr8"), 0, 1);
}

// Whole rows of B are loaded as one run, line by line.
TEST(Estimate, AMatrixThatIsReadWholeTakesACycleALine) {
    EXPECT_NEAR(distance(product(32, 32, 2048, {2, 8}), "os sr1 sc1 n-outside B-resident"), 0, 6);
    EXPECT_NEAR(distance(product(32, 64, 1024, {2, 8}), "os sr1 sc2 n-outside B-resident"), 0, 10);
}

// Panels of unlike width, one after the other: a wide one's drain is not hidden behind a narrow one's sums.
TEST(Estimate, AccumulatorsHaveTwoBanks) {
    for (const char* tile : {"64x256x24 os sr2 sc8 m-outside", "32x320x24 os sr1 sc10 m-outside",
                             "32x352x24 os sr1 sc11 m-outside"})
        EXPECT_NEAR(distance(product(25200, 372, 21, {8, 8}), tile), 0, 1) << tile;
}

// A word from the west gives a transposed operation one element.
TEST(Estimate, TransposedOperandsComeElementByElement) {
    EXPECT_NEAR(distance(gradient(32, 32, 4096), "os sr1 sc1"), 0, 5);
}

}  // namespace
}  // namespace satsim
