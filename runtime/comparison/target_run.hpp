// What one target needs for a training step, and what the target could do at best.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/dispatch/footprint.hpp"
#include "runtime/dispatch/target.hpp"

namespace satsim {

// The target's roofline. Rates are peaks, before any efficiency.
struct Machine {
    double peak_flops = 0;   // flop/s, dense
    double bandwidth = 0;    // byte/s of its memory
    double board_watts = 0;  // its limit; 0: not known
    bool measured = false;  // the rates are what a large product and a large copy reached, not published ones
};

// The one that says less about a real machine.
[[nodiscard]] Provenance weaker(Provenance a, Provenance b);

struct TargetRun {
    std::string name;         // "sat", "gpu-model:h100"
    std::string description;  // "A100 SXM 80 GB"
    Machine machine;
    std::vector<TaskResult> tasks;  // of one step, in order
    // By how much the tasks' seconds were stretched to hold the step's mean power to the board's limit
    // (board_limit.hpp); 1: not at all.
    double limit_factor = 1;
    bool energy_known = true;  // false: joules are 0 because nothing could tell them
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
    // flop per byte of executed work
    [[nodiscard]] double intensity() const;
};

[[nodiscard]] Work total_work(const TargetRun& run);
[[nodiscard]] Work gemm_work(const TargetRun& run);

// Where some work stands under a machine's roofline. Work without multiply-accumulates is measured in bytes.
struct RooflinePosition {
    double roof = 0;   // flop/s (byte/s) that the machine could reach at this intensity
    double share = 0;  // of the roof, reached
};
[[nodiscard]] RooflinePosition position(const Work& work, const Machine& machine);

}  // namespace satsim
