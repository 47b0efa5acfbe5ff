#include "sim/target/vector_model.hpp"

#include <cmath>

#include "runtime/dispatch/host_target.hpp"
#include "runtime/schedule/predict.hpp"

namespace satsim::sat {
namespace {

constexpr std::int64_t kRowBytes = 8192;  // of one channel's open row
constexpr std::int64_t kBeat = 64;

// Packed copies and small results are written; everywhere else the small operands are read.
bool extra_is_written(VectorOp op) {
    return op == VectorOp::Optimizer || op == VectorOp::Prune;
}

}  // namespace

Execution model_vector(const VectorTask& task, const Hardware& hardware) {
    const isa::ArrayConfig& array = hardware.array;
    const dram::MemoryConfig memory = hardware.memory_config();
    const Bytes line = array.line_bytes();
    const Bytes moved = extra_is_written(task.op) ? task.extra_bytes : 0;
    const std::int64_t reads = ceil_div<Bytes>(bytes_read(task) - moved, line);
    const std::int64_t writes = ceil_div<Bytes>(bytes_written(task) + moved, line);
    const bool ideal = memory.kind == dram::MemoryKind::Ideal;

    const std::int64_t half = std::max(1, array.vmem_lines / 2);
    const std::int64_t halves = reads > 0 && writes > 0 ? ceil_div(reads + writes, half) : 0;
    const std::int64_t turns = ideal ? 0 : halves * (memory.ddr4.wtr + memory.ddr4.rtw);
    const std::int64_t latency =
        ideal ? memory.ideal_latency : memory.ddr4.ctrl + memory.ddr4.rcd + memory.ddr4.cl + memory.ddr4.phy;
    const double bus = static_cast<double>(reads + writes + turns) / schedule::refresh_share(memory);

    Execution execution;
    execution.end = static_cast<Cycles>(std::ceil(bus)) + 2 * latency + isa::timing::kVecLatency - 1;
    execution.busy[static_cast<std::size_t>(isa::Engine::Load)] = reads;
    execution.busy[static_cast<std::size_t>(isa::Engine::Store)] = writes;
    execution.memory.read_lines = reads;
    execution.memory.write_lines = writes;
    execution.memory.activates = ideal ? 0 : ceil_div((reads + writes) * kBeat, kRowBytes);
    execution.memory.refreshes = ideal ? 0 : execution.end / memory.ddr4.refi;
    execution.counters.load_words = reads * array.line_words();
    // Operands in, results out of the lanes, and results once more when STORE reads them.
    execution.counters.vmem_words = (reads + 2 * writes) * array.line_words();
    execution.counters.vector_elements = task.elements * task.flops_per_element;
    return execution;
}

}  // namespace satsim::sat
