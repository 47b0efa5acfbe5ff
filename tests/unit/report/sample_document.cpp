#include "tests/unit/report/sample_document.hpp"

#include <array>
#include <span>
#include <utility>
#include <vector>

#include "runtime/comparison/targets_json.hpp"
#include "runtime/dispatch/result_json.hpp"
#include "runtime/report/document.hpp"

namespace satsim::report {
namespace {

using nlohmann::ordered_json;

ordered_json sample_reproduction() {
    const ordered_json speedups = {{"dense", 1}, {"bdwp-2:8", 1.5}};
    const ordered_json times = {
        {"gemm_s", 1}, {"vector_s", 0.1}, {"host_s", 0}, {"transfer_s", 0}, {"utilization", 0.9}};
    ordered_json line = {{"name", "net"},
                         {"batch", 4},
                         {"speedup", speedups},
                         {"gemm_speedup", speedups},
                         {"arithmetic_bound", speedups},
                         {"steps", {{"dense", times}, {"bdwp-2:8", times}}}};
    const ordered_json average = {
        {"speedup", speedups}, {"gemm_speedup", speedups}, {"arithmetic_bound", speedups}};
    ordered_json part = {{"networks", ordered_json::array({line})}, {"average", average}, {"channels", 4}};
    return {{"published",
             ordered_json::array({{{"recipe", "bdwp-2:8"}, {"speedup", 1.75}, {"source", "a paper"}}})},
            {"by_channels", ordered_json::array({part})}};
}

ordered_json sample_mix() {
    const ordered_json other = {{"target", "sat"}, {"seconds", 2.0}, {"energy_j", 3.0}};
    ordered_json single = other;
    single.update({{"fits", true}, {"alone", false}});
    return {{"name", "hetero"},
            {"provenance", "modelled"},
            {"objective", "edp"},
            {"method", "minimum cut"},
            {"energy_known", true},
            {"seconds", 1.0},
            {"energy_j", 2.0},
            {"baseline_seconds", 2.0},
            {"lower_bound_seconds", 0.5},
            {"modules", ordered_json::array({{{"name", "tower"},
                                              {"seconds", 1.0},
                                              {"energy_j", 1.0},
                                              {"stages", {{"FF", 0.5}, {"BP", 0.25}, {"WU", 0.25}}}}})},
            {"singles", ordered_json::array({single})},
            {"without", ordered_json::array({other})},
            {"timeline", ordered_json::array({{{"lane", "sat"},
                                               {"title", "tower FF"},
                                               {"stage", "FF"},
                                               {"transfer", false},
                                               {"start_s", 0.0},
                                               {"seconds", 1.0},
                                               {"busy_s", 1.0},
                                               {"count", 3}}})}};
}

ordered_json sample_targets() {
    std::vector<TargetRun> runs(3);
    runs[0].name = "sat";
    runs[0].machine = {400e9, 50e9, 0};
    runs[0].tasks = sample_result("bdwp-2:8").tasks;
    runs[1].name = "gpu-model:g";
    runs[1].machine = {400e12, 2e12, 400};
    runs[1].tasks = {runs[0].tasks[0], runs[0].tasks[1]};
    runs[1].tasks[0].bound = Bound::Launch;
    runs[2] = runs[0];
    runs[2].name = "sat@2";
    Group group;
    group.parts = {{"sat#1", runs[0].machine, 1}, {"sat#2", runs[0].machine, 1}};
    group.places.assign(runs[2].tasks.size(), 0);
    group.seconds = 1;
    group.joules = 1;
    runs[2].group = std::move(group);
    for (TargetRun& run : runs) {
        run.description = "a machine";
        run.baseline_seconds = 1e-5;
        run.baseline_joules = 1e-3;
    }
    return {{"network", "net"},
            {"batch", 4},
            {"recipe", "bdwp-2:8"},
            {"baseline", "dense"},
            {"targets", targets_json(runs)},
            {"rows", rows_json(runs, align(runs))},
            {"mixes", ordered_json::array({sample_mix()})}};
}

ordered_json sample_sweep() {
    const auto field = [](const char* name, const char* type) {
        return ordered_json{{"name", name}, {"label", name}, {"unit", ""}, {"type", type}};
    };
    return {
        {"fields", ordered_json::array({field("array", "text"), field("s", "number"), field("j", "number")})},
        {"objectives",
         ordered_json::array({{{"field", "s"}, {"better", "lower"}}, {{"field", "j"}, {"better", "lower"}}})},
        {"points", ordered_json::array({{{"array", "8x8"}, {"s", 1}, {"j", 2}, {"front", true}}})}};
}

}  // namespace

Hardware sample_hardware() {
    Hardware hardware;
    hardware.name = "card";
    hardware.description = "a card";
    hardware.file = "card.json";
    hardware.clock_hz = 200e6;
    return hardware;
}

StepResult sample_result(const std::string& recipe) {
    StepResult result;
    result.network = "net";
    result.recipe = recipe;
    result.batch = 4;
    result.clock_hz = 200e6;
    result.peak_macs = 1024;
    TaskResult gemm;
    gemm.layer = "conv";
    gemm.stage = "FF";
    gemm.kind = "gemm";
    gemm.shape = {64, 64, 64};
    gemm.nm = {2, 8};
    gemm.cycles = 1000;
    gemm.seconds = 5e-6;
    gemm.macs_issued = 65536;
    gemm.dram_bytes = 1024;
    gemm.execution.memory.read_lines = 3;
    gemm.execution.memory.write_lines = 1;
    gemm.intervals[1] = {{10, 900, 800, 7}};
    TaskResult vector;
    vector.layer = "bn";
    vector.stage = "FF";
    vector.kind = "vector";
    vector.seconds = 1e-6;
    vector.cycles = 200;
    vector.execution.counters.vector_elements = 4096;
    TaskResult transfer;
    transfer.layer = "loss";
    transfer.part = "to host";
    transfer.stage = "FF";
    transfer.kind = "transfer";
    transfer.seconds = 2e-6;
    transfer.dram_bytes = 640;
    transfer.bound = Bound::Host;
    result.tasks = {gemm, vector, transfer};
    result.time = {5e-6, 1e-6, 0, 2e-6};
    result.gemm_cycles = 1000;
    result.macs_issued = 65536;
    result.dense_macs = 262144;
    result.dram_bytes = 1664;
    result.energy.model = "a model";
    result.energy.counted = {{"read", "DRAM", 4, {1e-9, "J", "a source", true}}};
    result.energy.assumed = {{"static", 8e-6, {25, "W", "assumption", false}, 1}};
    return result;
}

ordered_json sample_document(const std::string& kind) {
    const std::array results{sample_result("dense"), sample_result("bdwp-2:8")};
    ordered_json data = kind == "run"       ? run_json(results[1])
                        : kind == "compare" ? compare_json(results[0], results[1])
                        : kind == "targets" ? sample_targets()
                        : kind == "sweep"   ? sample_sweep()
                                            : sample_reproduction();
    const Hardware hardware = sample_hardware();
    ordered_json document = make_document(kind, "a title", {"satsim x", "1", "commit 1", "2026", "cycle"},
                                          kind == "targets" ? nullptr : &hardware, std::move(data));
    if (kind == "run" || kind == "compare") document["timeline"] = timeline_json(results, {});
    ordered_json steps = ordered_json::array();
    if (kind == "reproduce")
        steps.push_back(
            step_json("compare", "both", hardware, compare_json(results[0], results[1]), results));
    if (kind == "sweep")
        steps.push_back(
            step_json("run", "one", hardware, run_json(results[1]), std::span(results).subspan(1)));
    if (!steps.empty()) document["steps"] = std::move(steps);
    return document;
}

}  // namespace satsim::report
