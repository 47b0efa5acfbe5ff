#include "runtime/dispatch/result_json.hpp"

#include "runtime/dispatch/bound.hpp"

namespace satsim {
namespace {

using nlohmann::ordered_json;

// Of a task's DRAM traffic, what is read. SAT moves whole lines, and a transfer goes one way.
Bytes dram_bytes_read(const TaskResult& task) {
    if (task.kind == "transfer") return task.part == "to host" ? task.dram_bytes : 0;
    const MemoryCounters& memory = task.execution.memory;
    const std::int64_t lines = memory.read_lines + memory.write_lines;
    return lines == 0 ? 0 : task.dram_bytes / lines * memory.read_lines;
}

ordered_json layer_json(const TaskResult& task, std::int64_t peak_macs) {
    return {{"name", task.layer},
            {"stage", task.stage},
            {"m", task.shape.m},
            {"n", task.shape.n},
            {"k", task.shape.k},
            {"nm", to_string(task.nm)},
            {"dataflow", task.dataflow},
            {"tile", task.tile},
            {"cycles", task.cycles},
            {"bound", to_string(task.bound)},
            {"compute_bound", task.compute_bound},
            {"compulsory_bytes", task.compulsory_bytes},
            {"compulsory_cycles", task.compulsory_cycles},
            {"array_fit", task.array_fit},
            {"slot_fit", task.slot_fit},
            {"executed", {{"m", task.executed.m}, {"n", task.executed.n}, {"k", task.executed.k}}},
            {"part", task.part},
            {"count", task.count},
            {"times", task.times},
            {"dense_reason", task.dense_reason},
            {"utilization", task_utilization(task, peak_macs)},
            {"shortfall", shortfall(task, peak_macs)},
            {"macs_issued", task.macs_issued},
            {"dram_bytes", task.dram_bytes},
            {"dram_bytes_read", dram_bytes_read(task)},
            {"energy_j", task.energy_j},
            {"provenance", to_string(task.provenance)}};
}

// Tasks that are no GEMM: vector work on SAT, host work, transfers.
ordered_json other_json(const TaskResult& task) {
    return {{"name", task.layer},
            {"stage", task.stage},
            {"kind", task.kind},
            {"operation", task.kind == "transfer" ? task.part : task.tile},
            {"seconds", task.seconds},
            {"cycles", task.cycles},
            {"times", task.times},
            {"vector_operations", task.times * task.execution.counters.vector_elements},
            {"dram_bytes", task.dram_bytes},
            {"dram_bytes_read", dram_bytes_read(task)},
            {"bound", to_string(task.bound)},
            {"energy_j", task.energy_j},
            {"provenance", to_string(task.provenance)}};
}

void append_result(ordered_json& object, const StepResult& result) {
    object["recipe"] = result.recipe;
    if (!result.sample.empty()) object["sample"] = result.sample;
    if (!result.assumptions.empty()) object["assumptions"] = result.assumptions;
    object["cycles"] = result.cycles();
    object["seconds"] = result.seconds();
    object["energy_j"] = result.energy.joules();
    object["dram_bytes"] = result.dram_bytes;
    object["gemm_cycles"] = result.gemm_cycles;
    object["utilization"] = result.utilization();
    if (result.memory) object["memory"] = memory_json(*result.memory);
    ordered_json layers = ordered_json::array();
    ordered_json others = ordered_json::array();
    for (const TaskResult& task : result.tasks) {
        if (task.kind == "gemm")
            layers.push_back(layer_json(task, result.peak_macs));
        else
            others.push_back(other_json(task));
    }
    object["layers"] = std::move(layers);
    object["other_tasks"] = std::move(others);
    object["time"] = {{"gemm_s", result.time.gemm},
                      {"vector_s", result.time.vector},
                      {"host_s", result.time.host},
                      {"transfer_s", result.time.transfer}};
    object["arithmetic_bound"] = result.arithmetic_bound();
    object["energy"] = energy_json(result.energy);
}

}  // namespace

ordered_json energy_json(const energy::Report& report) {
    ordered_json counted = ordered_json::array();
    for (const energy::CountedEnergy& part : report.counted) {
        counted.push_back({{"event", part.name},
                           {"group", part.group},
                           {"count", part.events},
                           {"joules_each", part.each.value},
                           {"joules", part.joules()},
                           {"source", part.each.source},
                           {"verified", part.each.verified}});
    }
    ordered_json assumed = ordered_json::array();
    for (const energy::AssumedEnergy& part : report.assumed) {
        assumed.push_back({{"what", part.name},
                           {"seconds", part.seconds},
                           {"watts", part.watts.value * part.times},
                           {"joules", part.joules()},
                           {"source", part.watts.source},
                           {"verified", part.watts.verified}});
    }
    return {{"model", report.model},
            {"counted_j", report.counted_joules()},
            {"assumed_j", report.assumed_joules()},
            {"counted", std::move(counted)},
            {"assumed", std::move(assumed)}};
}

ordered_json memory_json(const MemoryFit& plan) {
    const Footprint& footprint = plan.footprint;
    return {{"bytes", footprint.total()},
            {"capacity", plan.capacity},
            {"activations", footprint.activations},
            {"received", footprint.received},
            {"gradients", footprint.gradients},
            {"fp32_weights", footprint.masters},
            {"fp16_copies", footprint.copies},
            {"optimizer_state", footprint.optimizer_state},
            {"weight_gradients", footprint.weight_gradients}};
}

ordered_json result_json(const StepResult& result) {
    ordered_json object = ordered_json::object();
    append_result(object, result);
    return object;
}

ordered_json run_json(const StepResult& result) {
    ordered_json object = {
        {"network", result.network}, {"batch", result.batch}, {"clock_hz", result.clock_hz}};
    append_result(object, result);
    return object;
}

ordered_json compare_json(const StepResult& baseline, const StepResult& result) {
    ordered_json object = {
        {"network", result.network}, {"batch", result.batch}, {"clock_hz", result.clock_hz}};
    ordered_json& results = object["results"];  // an initializer list would copy thousands of layers
    results.push_back(result_json(baseline));
    results.push_back(result_json(result));
    object["speedup"] = speedup(baseline, result);
    object["gemm_speedup"] = gemm_speedup(baseline, result);
    object["arithmetic_bound"] = arithmetic_speedup(baseline, result);
    return object;
}

ordered_json gemm_json(const TaskResult& task, double clock_hz, std::int64_t peak_macs) {
    ordered_json object = {{"cycles", task.cycles},
                           {"seconds", task.seconds},
                           {"clock_hz", clock_hz},
                           {"macs_issued", task.macs_issued}};
    object.update(layer_json(task, peak_macs));
    return object;
}

double speedup(const StepResult& baseline, const StepResult& result) {
    return result.seconds() > 0 ? baseline.seconds() / result.seconds() : 1;
}

double gemm_speedup(const StepResult& baseline, const StepResult& result) {
    return result.gemm_cycles > 0
               ? static_cast<double>(baseline.gemm_cycles) / static_cast<double>(result.gemm_cycles)
               : 1;
}

double arithmetic_speedup(const StepResult& baseline, const StepResult& result) {
    return result.arithmetic_bound() / baseline.arithmetic_bound();
}

}  // namespace satsim
