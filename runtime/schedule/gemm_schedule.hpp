// The offline schedule of one GEMM task: what the scheduler decides, before any program exists.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/isa/program.hpp"
#include "runtime/support/types.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::schedule {

enum class Dataflow { OutputStationary, WeightStationary };
[[nodiscard]] constexpr const char* to_string(Dataflow dataflow) {
    return dataflow == Dataflow::OutputStationary ? "os" : "ws";
}

// Which loop is outside: panels of output columns (B can stay on chip while rows stream) or tiles of output
// rows (A can stay on chip while column panels stream).
enum class LoopOrder { ColumnsOutside, RowsOutside };

// The published optimisations, each of which can be switched off by itself for an ablation.
struct ScheduleOptions {
    enum class DataflowChoice { Auto, OutputStationary, WeightStationary };
    DataflowChoice dataflow = DataflowChoice::Auto;
    bool interleave = true;     // false: one output per USPE, sr = sc = 1
    bool pregeneration = true;  // false: packed copies are made on demand before every FF and BP
    // Strips of all heights are candidates, to measure the choice against; else those of the best estimate.
    bool all_heights = false;
};

struct GemmSchedule {
    Dataflow dataflow = Dataflow::OutputStationary;
    LoopOrder order = LoopOrder::ColumnsOutside;
    int row_slots = 8;        // sr: output rows interleaved in a USPE
    int column_slots = 1;     // sc: output columns interleaved in a USPE
    std::int64_t tile_m = 0;  // rows of C per tile
    std::int64_t tile_n = 0;  // columns of C per tile
    std::int64_t chunk_k =
        0;  // reduction elements between two handshakes with LOAD (one half of the west buffer)
    bool b_resident = true;  // FF, BP: the whole K of a column panel of B stays on chip while rows stream
    int strip_rows = 1;  // OS: image rows of C that one gather serves (strip.hpp); tile_m counts each of them
    bool fill_rows = false;  // WU: runs of channels are cut so that no tile leaves array rows idle
    Cycles predicted = 0;    // by the estimate, or by the fast model once it has ranked them
    double lines = 0;        // moved on the memory bus in both directions, by the estimate
    Cycles least = 0;        // in which the array's MAC slots are taken: no run is shorter

    // "128x64x576 os sr4 sc2 n-outside B-resident": for tables.
    [[nodiscard]] std::string tile_text() const;
    bool operator==(const GemmSchedule&) const = default;
};

// A task, its schedule and its program.
struct GemmPlan {
    GemmTask task;
    GemmSchedule schedule;
    isa::Program program;
};

}  // namespace satsim::schedule
