// Several targets' runs of one step, side by side: the same work in the same row.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/comparison/target_run.hpp"

namespace satsim {

// GEMM tasks are matched by layer, stage and part; what is no GEMM (vector work, host work and transfers) is
// summed up for each layer and stage, because targets cut it up differently.
struct Cell {
    Work work;
    TaskResult largest;                            // the task that most of the time goes into
    Provenance provenance = Provenance::Measured;  // the weakest of its tasks
    RooflinePosition position;
};

struct Row {
    std::string layer;
    std::string stage;
    std::string part;  // of a GEMM; "other" for the rest
    bool gemm = true;
    std::vector<std::optional<Cell>> cells;  // of each run, in their order; none: no such task there
    // Index of the fastest run; none where fewer than two take time for it: the work is one's alone, or done
    // in another row's kernel.
    std::optional<std::size_t> winner;
    double margin = 1;  // time of the second over the fastest
    std::string why;    // margin as the product of its causes, or why nobody wins
};

// In the order of the first run that has the row.
[[nodiscard]] std::vector<Row> align(std::span<const TargetRun> runs);

// Time of `slow` over `fast` as a product: executed work, roofs, shares of the roofs.
// "3.10x = roof 5.00x * share 0.62x * work 1.00x"
[[nodiscard]] std::string explain(const Cell& fast, const Cell& slow);

}  // namespace satsim
