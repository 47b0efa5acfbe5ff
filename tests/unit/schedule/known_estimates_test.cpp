// What is kept of estimates, and of max_m what is left out of it, changes no candidate.
#include "runtime/schedule/known_estimates.hpp"

#include <gtest/gtest.h>

#include <array>
#include <initializer_list>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "runtime/schedule/scheduler.hpp"
#include "runtime/schedule/tensor_layout.hpp"
#include "runtime/support/error.hpp"
#include "tests/support/random_layer_task.hpp"

namespace satsim::schedule {
namespace {

struct Candidates {
    std::vector<GemmSchedule> schedules;
    std::vector<std::array<std::vector<isa::Instruction>, isa::kEngines>> streams;
    std::string error;
    bool operator==(const Candidates&) const = default;
};

Candidates candidates(const GemmTask& task, const MachineView& machine, const ScheduleOptions& options,
                      std::size_t limit, KnownEstimates& known) {
    Candidates found;
    try {
        const CandidateWatch all{[](const GemmSchedule&) { return true; }, [](Candidate&) {}};
        for (auto& [schedule, program] : candidate_programs(task, machine, options, limit, all, known)) {
            found.schedules.push_back(schedule);
            found.streams.push_back(std::move(program.streams));
        }
    } catch (const InputError& error) {
        found.error = error.what();
    }
    return found;
}

template <typename T>
T pick(std::mt19937_64& random, std::initializer_list<T> values) {
    return *(values.begin() + random() % values.size());
}

MachineView random_machine(std::mt19937_64& random) {
    MachineView machine;
    machine.array.rows = machine.array.columns = pick(random, {4, 16, 32});
    machine.array.channels = machine.memory.channels = pick(random, {1, 2, 4});
    machine.array.west_lines = pick(random, {128, 512});
    machine.array.north_value_lines = pick(random, {1024, 4096});
    machine.array.max_m = pick(random, {4, 8, 16});
    if (random() % 4 == 0) machine.memory.kind = dram::MemoryKind::Ideal;
    return machine;
}

TEST(KnownEstimates, ChangeNoCandidate) {
    using Dataflow = ScheduleOptions::DataflowChoice;
    std::mt19937_64 random(21);
    int compared = 0;
    for (int i = 0; i < 60; ++i) {
        const MachineView machine = random_machine(random);
        const GemmTask task =
            test::random_layer_task(random, static_cast<test::Bound>(random() % 4), isa::ArrayConfig{});
        KnownEstimates known;
        for (int turn = 0; turn < 6; ++turn) {
            ScheduleOptions options;
            options.dataflow =
                pick(random, {Dataflow::Auto, Dataflow::OutputStationary, Dataflow::WeightStationary});
            options.interleave = random() % 4 != 0;
            const auto limit = pick<std::size_t>(random, {8, 8, 8, 3});
            KnownEstimates none;
            const Candidates expected = candidates(task, machine, options, limit, none);
            EXPECT_EQ(candidates(task, machine, options, limit, known), expected);
            compared += static_cast<int>(expected.schedules.size());
        }
    }
    EXPECT_GT(compared, 500);
}

TEST(NeededMaxM, DecidesAllThatMaxMDoes) {
    std::mt19937_64 random(22);
    int lower = 0;
    for (int i = 0; i < 100; ++i) {
        const MachineView machine = random_machine(random);
        const GemmTask task =
            test::random_layer_task(random, static_cast<test::Bound>(random() % 4), isa::ArrayConfig{});
        MachineView needed = machine;
        needed.array.max_m = needed_max_m(task, machine.array);
        EXPECT_LE(needed.array.max_m, machine.array.max_m);
        lower += needed.array.max_m < machine.array.max_m ? 1 : 0;
        KnownEstimates first;
        KnownEstimates second;
        EXPECT_EQ(candidates(task, needed, {}, 3, first), candidates(task, machine, {}, 3, second));
    }
    EXPECT_GT(lower, 10);
}

}  // namespace
}  // namespace satsim::schedule
