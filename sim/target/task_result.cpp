#include "sim/target/task_result.hpp"

#include "runtime/dispatch/bound.hpp"
#include "runtime/dispatch/gemm_result.hpp"
#include "runtime/schedule/compute_bound.hpp"
#include "runtime/schedule/executed_shape.hpp"
#include "runtime/schedule/fold_image.hpp"
#include "runtime/schedule/tensor_layout.hpp"

namespace satsim::sat {
namespace {

TaskResult gemm_result(const GemmTask& task, const SimulationResult& simulated,
                       const isa::ArrayConfig& array) {
    TaskResult result = result_of(task);
    result.dataflow = schedule::to_string(simulated.schedule->dataflow);
    result.tile = simulated.schedule->tile_text();
    result.compulsory_bytes = schedule::compulsory_bytes(task);
    result.compulsory_cycles = schedule::compulsory_cycles(task, array);
    result.compute_bound = schedule::compute_bound(task, array);
    result.array_fit = schedule::array_fit(task, simulated.schedule->dataflow, array);
    const GemmTask scheduled = schedule::on_stored_input(task);
    // WU reads what FF reads.
    if (task.gather.from_host && task.stage == Stage::FF)
        result.input_bytes = schedule::layout_gemm(scheduled, array).a_stride * task.count;
    result.slot_fit = schedule::slot_fit(scheduled, *simulated.schedule, array);
    result.executed = schedule::executed_shape(scheduled, *simulated.schedule, array);
    result.macs_issued =
        task.dense_macs() / task.nm.m * task.nm.n + task.dense_macs() % task.nm.m * task.nm.n / task.nm.m;
    return result;
}

}  // namespace

bool has_unit(const Task& task) {
    const auto* vector = std::get_if<VectorTask>(&task);
    return vector == nullptr || vector->sat_capable;
}

TaskResult task_result(const Task& task, const SimulationResult& simulated, const Hardware& hardware) {
    TaskResult result;
    BoundInput input{simulated.execution, hardware.array};
    if (const auto* gemm = std::get_if<GemmTask>(&task)) {
        result = gemm_result(*gemm, simulated, hardware.array);
        const int slots = simulated.schedule->row_slots * simulated.schedule->column_slots;
        input.short_interleave = slots < isa::timing::kAccInterval;
        if (gemm->sums_positions()) input.load_copies = 4;
    } else {
        const auto& vector = std::get<VectorTask>(task);
        result.layer = vector.layer;
        result.stage = to_string(vector.stage);
        result.kind = "vector";
        result.tile = name_of_work(vector);
        input.gemm = false;
    }
    result.execution = simulated.execution;
    result.intervals = simulated.intervals;
    result.cycles = simulated.execution.cycles();
    result.seconds = static_cast<double>(result.cycles) / hardware.clock_hz;
    const MemoryCounters& memory = simulated.execution.memory;
    result.dram_bytes = (memory.read_lines + memory.write_lines) * hardware.array.line_bytes();
    result.bound = classify(input);
    result.provenance = simulated.simulated ? Provenance::Simulated : Provenance::Modelled;
    return result;
}

}  // namespace satsim::sat
