// SAT under the fast fidelity in this process: every task of a machine is predicted once, and machines that
// differ in max_m alone share the tasks that need no more than the least of them.
#pragma once

#include <map>
#include <string>

#include "runtime/dispatch/target.hpp"
#include "sim/target/sat_simulation.hpp"

namespace satsim::sweep {

class FastTarget final : public Target {
  public:
    // `costs` must outlive the target.
    explicit FastTarget(sat::ProgramCosts& costs) : costs_(costs) {}

    // Whether what is remembered holds for `settings`: nothing is, or its machine is the same but for max_m.
    [[nodiscard]] bool is_machine(const sat::SimulationSettings& settings) const;
    // Machine and schedule options of the next run.
    void set(const sat::SimulationSettings& settings);

    [[nodiscard]] std::string name() const override { return "sat"; }
    [[nodiscard]] bool can_run(const Task& task) const override;
    [[nodiscard]] std::vector<TaskResult> run(
        const std::vector<Task>& tasks,
        const std::function<void(std::size_t, std::size_t)>& progress) override;

  private:
    [[nodiscard]] const sat::SimulationResult& simulated(const Task& task);

    sat::ProgramCosts& costs_;
    sat::SimulationSettings settings_;
    // By task and the max_m that it needs, and by the options that its schedule depends on.
    std::map<std::string, sat::SimulationResult> known_;
    // By the same but for the dataflow.
    std::map<std::string, schedule::KnownEstimates> estimates_;
};

}  // namespace satsim::sweep
