// The order of schedules, and what the scheduler does not offer twice.
#include "runtime/schedule/schedule_order.hpp"

#include <gtest/gtest.h>

#include "runtime/schedule/scheduler.hpp"

namespace satsim::schedule {
namespace {

GemmSchedule schedule(Cycles predicted, double lines) {
    GemmSchedule one;
    one.predicted = predicted;
    one.lines = lines;
    return one;
}

TEST(ScheduleOrder, TrafficDecidesAmongTheFastestAlone) {
    std::vector<GemmSchedule> found = {schedule(1020, 1), schedule(1004, 30), schedule(1000, 40),
                                       schedule(1030, 2), schedule(1003, 20)};
    sort_by_time_and_traffic(found, 0.005);
    std::vector<Cycles> order;
    for (const GemmSchedule& one : found) order.push_back(one.predicted);
    EXPECT_EQ(order, (std::vector<Cycles>{1003, 1004, 1000, 1020, 1030}));
    std::vector<GemmSchedule> none;
    EXPECT_NO_THROW(sort_by_time_and_traffic(none, 0.005));
}

// Lines are estimates: a difference of less than a hundredth gives no time away.
TEST(ScheduleOrder, AmongTheLeastTrafficTimeDecides) {
    std::vector<GemmSchedule> found = {schedule(1000, 1300), schedule(1004, 1000), schedule(1001, 1009),
                                       schedule(1003, 1200), schedule(1002, 1011)};
    sort_by_time_and_traffic(found, 0.005);
    std::vector<Cycles> order;
    for (const GemmSchedule& one : found) order.push_back(one.predicted);
    EXPECT_EQ(order, (std::vector<Cycles>{1001, 1004, 1002, 1003, 1000}));
}

// Of 18 ways to multiply these that take equally long, tiles as wide as they are high move the least.
TEST(ScheduleOrder, AComputeBoundProductIsScheduledForLittleTraffic) {
    GemmTask task;
    task.stage = Stage::WU;
    task.out = ElementType::Fp32;
    task.shape = {1152, 128, 4096};
    task.nm = {8, 8};
    task.out = ElementType::Fp32;
    task.gather.grid_w = task.gather.in_w = 4096;
    task.gather.channels = 1152;
    const std::vector<Candidate> found = candidate_programs(task, MachineView{}, {}, 100);
    ASSERT_GT(found.size(), 3U);
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_GT(found[i].schedule.lines, 0);
        for (std::size_t j = 0; j < i; ++j)
            EXPECT_FALSE(found[i].program == found[j].program) << i << " " << j;
    }
    const double most = 1.005 * static_cast<double>(found[0].schedule.predicted);
    double heaviest = 0;
    for (const Candidate& one : found) {
        if (static_cast<double>(one.schedule.predicted) > most) continue;
        EXPECT_LE(found[0].schedule.lines, one.schedule.lines);
        heaviest = std::max(heaviest, one.schedule.lines);
    }
    EXPECT_LT(found[0].schedule.lines, 0.7 * heaviest);
}

}  // namespace
}  // namespace satsim::schedule
