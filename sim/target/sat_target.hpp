// SAT as an execution target: equal tasks are simulated once, in forked workers, and remembered.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/dispatch/target.hpp"
#include "sim/target/sat_simulation.hpp"

namespace satsim::sat {

struct SatSettings {
    SimulationSettings simulation;
    int workers = 2;
    bool skip_equal = true;  // false: equal tasks are simulated one by one all the same, which must change
                             // nothing (periods inside programs: SimulationSettings::skip_periods)
    // What tasks keep for traces, and which of them (empty: all).
    Recording recording;
    std::function<bool(const Task&)> wants_operations;
};

class SatTarget : public Target {
  public:
    explicit SatTarget(SatSettings settings) : settings_(std::move(settings)) {}
    [[nodiscard]] std::string name() const override { return "sat"; }
    // Every GEMM, and the vector tasks that SAT has a unit for.
    [[nodiscard]] bool can_run(const Task& task) const override;
    [[nodiscard]] std::vector<TaskResult> run(
        const std::vector<Task>& tasks,
        const std::function<void(std::size_t, std::size_t)>& progress) override;

    // What the simulation of a task chose and found, which run() had as number `number` of its tasks.
    [[nodiscard]] const SimulationResult& found(const Task& task, std::size_t number) const {
        return known_.at(key(task, number));
    }

    // Distinct tasks simulated so far.
    [[nodiscard]] std::size_t distinct_tasks() const { return known_.size(); }

  private:
    [[nodiscard]] bool records(const Task& task) const;
    // `number`: of the task in its step.
    [[nodiscard]] std::string key(const Task& task, std::size_t number) const;
    void simulate_unknown(const std::vector<Task>& tasks,
                          const std::function<void(std::size_t, std::size_t)>& progress);

    SatSettings settings_;
    std::map<std::string, SimulationResult> known_;
};

// One program on the cycle model, in a process of its own.
[[nodiscard]] Execution run_program_forked(const isa::Program& program, const SimulationSettings& settings);

}  // namespace satsim::sat
