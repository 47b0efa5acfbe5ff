// The offline schedule of one GEMM task: what the scheduler decides, before any program exists.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/isa/program.hpp"
#include "runtime/support/types.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::schedule {

enum class Dataflow { OutputStationary, WeightStationary };
[[nodiscard]] constexpr const char* to_string(Dataflow dataflow) {
    return dataflow == Dataflow::OutputStationary ? "os" : "ws";
}

// Which loop is outside: tiles of output columns (each column panel's B is read once if it stays resident) or tiles of rows.
enum class LoopOrder { ColumnsOutside, RowsOutside };

// The published optimisations, each of which can be switched off by itself for an ablation.
struct ScheduleOptions {
    enum class DataflowChoice { Auto, OutputStationary, WeightStationary };
    DataflowChoice dataflow = DataflowChoice::Auto;
    bool interleave = true;     // false: one output per USPE, sr = sc = 1
    bool pregeneration = true;  // false: packed copies are made on demand before every FF and BP
};

struct GemmSchedule {
    Dataflow dataflow = Dataflow::OutputStationary;
    LoopOrder order = LoopOrder::ColumnsOutside;
    int row_slots = 8;     // sr: output rows interleaved in a USPE
    int column_slots = 1;  // sc: output columns interleaved in a USPE
    std::int64_t tile_m = 0;   // rows of C per tile (R * sr)
    std::int64_t tile_n = 0;   // columns of C per tile (C * sc)
    int chunk_groups = 0;      // K groups between two handshakes with LOAD (one west buffer half)
    bool b_resident = true;    // the whole K of a column panel of B stays on chip while rows stream
    Cycles predicted = 0;      // by the fast model

    // "64x128x576 os sr2 sc4 B-resident": for tables.
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
