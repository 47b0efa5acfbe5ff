// What one target needs for a training step, and what the target could do at best.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/dispatch/footprint.hpp"
#include "runtime/dispatch/target.hpp"

namespace satsim {

// Where a machine's rates come from: its papers, or what was reached (raise_roofs). Of several machines both.
enum class Peaks { Published, Measured, Mixed };
[[nodiscard]] const char* to_string(Peaks peaks);  // "published", ...

// The target's roofline. Rates are peaks, before any efficiency.
struct Machine {
    double peak_flops = 0;   // flop/s, dense
    double bandwidth = 0;    // byte/s of its memory
    double board_watts = 0;  // its limit; 0: not known
    Peaks peaks = Peaks::Published;
    bool operator==(const Machine&) const = default;
};

// Several machines that share a step: equal ones as a pipeline, or a mix (docs/architecture/placement.md).
// They work at the same time, so that the step takes less than the sum of its tasks, and those that wait take
// power.
struct Group {
    struct Part {
        std::string name;  // "sat#1"
        Machine machine;
        double limit_factor = 1;  // as TargetRun's
        bool operator==(const Part&) const = default;
    };
    std::vector<Part> parts;  // all of them, the host too where it computes
    std::vector<std::size_t>
        places;          // the part of each task of the run; of a transfer, the one with the link
    double seconds = 0;  // of the step
    double joules = 0;   // of the step
};

// Raises measured roofs to what some work reached: a large product or copy is not the fastest thing that a
// board ever does (clocks, a busy processor). Modelled tasks say nothing of it.
void raise_roofs(Machine& machine, std::span<const TaskResult> tasks);

// What a target's joules rest on, from the one that says most about a real machine to the one that says
// least.
enum class EnergyBasis {
    Measured,  // by the board's meter
    Events,    // counted events times a figure for each (runtime/energy)
    Fitted,    // predicted by figures that were fitted to what a meter of such a board read
    Assumed    // predicted by figures that nobody compared with such a board
};
[[nodiscard]] const char* to_string(EnergyBasis basis);  // "measured", ...

// The one that says less about a real machine.
[[nodiscard]] Provenance weaker(Provenance a, Provenance b);

struct TargetRun {
    std::string name;         // "sat", "gpu-model:h100"
    std::string description;  // "A100 SXM 80 GB"
    Machine machine;          // of a group, all of its accelerators together
    std::vector<TaskResult>
        tasks;  // of one step, in order; of a group, transfers between machines behind them
    std::optional<Group> group{};  // where the target is several machines
    // By how much the tasks' seconds were stretched to hold the step's mean power to the board's limit
    // (board_limit.hpp); 1: not at all.
    double limit_factor = 1;
    bool energy_known = true;  // false: joules are 0 because nothing could tell them
    EnergyBasis energy_basis = EnergyBasis::Events;
    // Of a GPU, what its seconds are of (gpu::TimingConvention); "mixed" of several that differ, "" where
    // nothing says it.
    std::string timing{};
    // The same step under the baseline recipe, on the same target.
    double baseline_seconds = 0;
    double baseline_joules = 0;
    // Both steps in the target's memory.
    std::optional<MemoryFit> memory;
    std::optional<MemoryFit> baseline_memory;

    [[nodiscard]] bool fits() const { return !memory || memory->fits(); }
    [[nodiscard]] bool baseline_fits() const { return !baseline_memory || baseline_memory->fits(); }
    [[nodiscard]] Provenance provenance() const;  // of its GEMM tasks; of several, the weakest
    // Of tasks whose figures are modelled though provenance() says more, and by which the others were
    // stretched. s
    [[nodiscard]] double modelled_seconds() const;
};

// The machine that a task of the run is on.
[[nodiscard]] const Machine& machine_of(const TargetRun& run, std::size_t task);

// Sums over some tasks of a run.
struct Work {
    std::size_t tasks = 0;
    double seconds = 0;
    double joules = 0;
    Bytes bytes = 0;      // of its memory, in these seconds: not what hides behind other work
    Macs macs = 0;        // executed
    Macs dense_macs = 0;  // as if nothing were sparse

    void add(const TaskResult& task);
    [[nodiscard]] double executed_flops() const { return 2 * static_cast<double>(macs); }
    [[nodiscard]] double dense_flops() const { return 2 * static_cast<double>(dense_macs); }
    // What was done: executed flop, or, without any, bytes.
    [[nodiscard]] double amount() const { return macs > 0 ? executed_flops() : static_cast<double>(bytes); }
    // flop per byte of executed work
    [[nodiscard]] double intensity() const;
};

// The step: what it took and what was done in it.
[[nodiscard]] Work total_work(const TargetRun& run);
// All tasks one after the other: of a single machine the step, of a group the time that its machines and
// links are busy.
[[nodiscard]] Work busy_work(const TargetRun& run);
[[nodiscard]] Work gemm_work(const TargetRun& run);  // of GEMMs, in busy time
// What GEMMs ran on, on average over their time: of a group less than all of it.
[[nodiscard]] Machine gemm_machine(const TargetRun& run);

// Where some work stands under a machine's roofline. Work without multiply-accumulates is measured in bytes.
struct RooflinePosition {
    double roof = 0;   // flop/s (byte/s) that the machine could reach at this intensity
    double share = 0;  // of the roof, reached
};
[[nodiscard]] RooflinePosition position(const Work& work, const Machine& machine);

// Of work that several machines have parts of: the roof that they could reach together, if one after the
// other.
struct PlacedWork {
    Work work;
    Machine machine;
};
[[nodiscard]] RooflinePosition position(std::span<const PlacedWork> parts);

}  // namespace satsim
