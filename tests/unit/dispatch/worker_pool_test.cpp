// Forked workers: results come back whole, faults come back as themselves and do not depend on the number of
// workers.
#include "sim/target/worker_pool.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <numeric>
#include <stdexcept>

#include "runtime/support/error.hpp"

namespace satsim::sat {
namespace {

class WorkerPool : public testing::TestWithParam<int> {};

TEST_P(WorkerPool, EveryJobIsDoneOnceAndInAnotherProcess) {
    std::vector<int> seen(50, 0);
    const pid_t self = ::getpid();
    run_forked(
        seen.size(), GetParam(),
        [&](std::size_t i) {
            const bool elsewhere = ::getpid() != self;
            return Bytes8(i * 10'000, static_cast<std::uint8_t>(elsewhere ? i : 255));
        },
        [&](std::size_t i, const Bytes8& bytes) {
            ++seen[i];
            EXPECT_EQ(bytes, Bytes8(i * 10'000, static_cast<std::uint8_t>(i)));
        });
    EXPECT_EQ(seen, std::vector<int>(50, 1));
}

TEST_P(WorkerPool, TheLowestFaultIsReported) {
    const auto job = [](std::size_t i) -> Bytes8 {
        if (i % 4 == 3) throw InputError("layer " + std::to_string(i), "", "does not fit");
        return {};
    };
    try {
        run_forked(20, GetParam(), job, [](std::size_t, const Bytes8&) {});
        FAIL() << "accepted";
    } catch (const InputError& error) {
        EXPECT_STREQ(error.what(), "layer 3: does not fit");
    }
}

TEST_P(WorkerPool, OtherFaultsAndDeathsAreNoInputErrors) {
    const auto ignore = [](std::size_t, const Bytes8&) {};
    const auto fails = [](std::size_t) -> Bytes8 { throw std::logic_error("wrong"); };
    EXPECT_THROW(run_forked(3, GetParam(), fails, ignore), std::runtime_error);
    const auto dies = [](std::size_t i) -> Bytes8 {
        if (i == 1) ::kill(::getpid(), SIGKILL);
        return {};
    };
    EXPECT_THROW(run_forked(3, GetParam(), dies, ignore), std::runtime_error);
}

INSTANTIATE_TEST_SUITE_P(Workers, WorkerPool, testing::Values(1, 2, 5));

}  // namespace
}  // namespace satsim::sat
