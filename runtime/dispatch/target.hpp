// What every execution target offers the runtime. Targets register themselves; the runtime names none of
// them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/trace/busy_intervals.hpp"
#include "runtime/trace/execution.hpp"
#include "runtime/workload/task.hpp"

namespace satsim {

// How a figure came to be; printed beside every figure.
enum class Provenance { Simulated, Modelled, Measured, Recorded };

// What limited a task. Launch and Power are a GPU's: the start of its kernels, the board's limit.
enum class Bound { Compute, Bandwidth, Fill, Dependency, Host, Launch, Power };
[[nodiscard]] const char* to_string(Bound bound);

// Cost of one task on one target, of all its `times` occurrences in the step; `execution` and `intervals` are
// of one.
struct TaskResult {
    std::string layer;
    std::string part;
    std::string stage;         // "FF", "BP", "WU"
    std::string kind;          // "gemm", "vector", "host", "transfer"
    GemmShape shape;           // gemm only
    std::int64_t times = 1;    // occurrences: repeated modules, micro-batches
    std::int64_t count = 1;    // gemm only: independent GEMMs of that shape
    NmPattern nm;              // gemm only
    std::string dense_reason;  // gemm only
    std::string dataflow;      // "os", "ws", or "" for other kinds
    std::string tile;          // schedule text, or the vector operation
    double seconds = 0;
    double hidden_seconds = 0;  // host, transfer: beside those, behind other tasks of the step
    Cycles cycles = 0;          // of the target's clock; 0 for host tasks
    Macs macs_issued = 0;       // MAC slots of real outputs: count*m*n*k*N/M (padding excluded)
    Macs dense_macs = 0;
    Bytes dram_bytes = 0;
    // gemm on SAT only (runtime/schedule/compute_bound.hpp): decided before scheduling, from the sizes alone
    Bytes compulsory_bytes = 0;
    Cycles compulsory_cycles = 0;  // of the memory bus
    bool compute_bound = false;
    double array_fit = 1;  // the utilisation that rounding sizes up to the array allows
    double slot_fit = 1;   // share of MAC slots in use that tiles of few results allow
    Bytes input_bytes =
        0;                // gemm on SAT only: of an input of the network, as the host stores it for the task
    GemmShape executed;   // gemm on SAT only: `shape` as the array runs it, padding included
    double energy_j = 0;  // dynamic and static
    Bound bound = Bound::Compute;
    Provenance provenance = Provenance::Simulated;
    // Where one kernel does several tasks of the step (a GPU's), the first of those, and what this task takes
    // by itself when others of them run elsewhere; null: that is not known, and they have to stay together.
    std::optional<std::size_t> kernel{};
    std::shared_ptr<const TaskResult> apart{};
    Execution execution;      // counters and, when recorded, operations
    BusyIntervals intervals;  // when recorded: of each engine, for traces
};

// Changes what `result` takes by itself, if it says that.
void change_apart(TaskResult& result, const std::function<void(TaskResult&)>& change);

class Target {
  public:
    virtual ~Target() = default;
    [[nodiscard]] virtual std::string name() const = 0;
    [[nodiscard]] virtual bool can_run(const Task& task) const = 0;
    // Results in the order of `tasks`, each of one occurrence: what costs steps calls run_counted().
    // `progress(done, total)` may be empty.
    [[nodiscard]] virtual std::vector<TaskResult> run(
        const std::vector<Task>& tasks, const std::function<void(std::size_t, std::size_t)>& progress) = 0;
};

// What `target` says of the tasks, each result multiplied by how often the step has its task.
[[nodiscard]] std::vector<TaskResult> run_counted(
    Target& target, const std::vector<Task>& tasks,
    const std::function<void(std::size_t, std::size_t)>& progress);

}  // namespace satsim
