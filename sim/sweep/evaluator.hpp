// One point of a sweep, from its configuration to the figures of a training step on SAT.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "runtime/sweep/configurations.hpp"
#include "runtime/sweep/point_result.hpp"
#include "runtime/workload/task.hpp"
#include "sim/target/sat_simulation.hpp"

namespace satsim::sweep {

// How much is remembered from point to point; the figures do not depend on it.
enum class Sharing {
    All,     // programs, tasks and steps
    Nothing  // every point as if it were alone
};

// Not for use by several threads at once. `fast` runs in this process; `cycle` forks one worker a point
// (SystemC elaborates once a process).
class Evaluator {
  public:
    explicit Evaluator(sat::Fidelity fidelity, Sharing sharing = Sharing::All);
    ~Evaluator();
    Evaluator(Evaluator&&) noexcept;
    Evaluator& operator=(Evaluator&&) noexcept;

    // Never throws for a configuration that cannot be or that satsim fails on: the result says so.
    [[nodiscard]] PointResult evaluate(Configurations& configurations, const Choice& choice);

    // Programs whose costs have been worked out so far, which is most of the work; with Sharing::All.
    [[nodiscard]] std::int64_t predictions() const;

  private:
    class Memory;
    [[nodiscard]] StepFigures figures(const Configuration& configuration, const PointKey& key);

    sat::Fidelity fidelity_;
    Sharing sharing_;
    std::unique_ptr<Memory> memory_;
};

}  // namespace satsim::sweep
