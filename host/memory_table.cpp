#include "host/memory_table.hpp"

#include <fmt/format.h>

#include "host/compare/target_labels.hpp"

namespace satsim::host {
namespace {

std::string capacity_text(Bytes capacity) {
    return capacity > 0 ? byte_text(capacity) : "not known";
}

std::string misfit(const std::string& target, const std::string& recipe,
                   const std::optional<MemoryFit>& plan) {
    if (!plan || plan->fits()) return "";
    return fmt::format(
        "{}: {} does not fit its memory ({} of {}): the figures are of what it would do if it did; expected "
        "{}\n",
        target, recipe, byte_text(plan->footprint.total()), byte_text(plan->capacity), plan->advice);
}

}  // namespace

std::string memory_text(const StepResult& result) {
    if (!result.memory) return "";
    const Footprint& footprint = result.memory->footprint;
    return fmt::format(
        "{}: memory {} of {} (activations {}, their gradients {}, FP32 weights {}, FP16 copies {}, optimizer "
        "state {}, weight gradients {})\n",
        result.recipe, byte_text(footprint.total()), capacity_text(result.memory->capacity),
        byte_text(footprint.activations), byte_text(footprint.gradients), byte_text(footprint.masters),
        byte_text(footprint.copies), byte_text(footprint.optimizer_state),
        byte_text(footprint.weight_gradients));
}

std::string fit_text(const std::optional<MemoryFit>& plan) {
    if (!plan) return "-";
    const std::string bytes = byte_text(plan->footprint.total());
    if (plan->capacity == 0) return bytes;
    return fmt::format("{}{} of {}", plan->fits() ? "" : "does not fit: ", bytes, byte_text(plan->capacity));
}

Table memory_table(std::span<const TargetRun> runs) {
    Table table({"<target", "memory", "capacity", "activations", "gradients", "FP32 weights", "FP16 copies",
                 "optimizer", "dW", "<fits"});
    const std::vector<std::string> names = short_names(runs);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const TargetRun& run = runs[i];
        if (!run.memory) continue;
        const Footprint& footprint = run.memory->footprint;
        table.row({names[i], byte_cell(footprint.total()), capacity_text(run.memory->capacity),
                   byte_cell(footprint.activations), byte_cell(footprint.gradients),
                   byte_cell(footprint.masters), byte_cell(footprint.copies),
                   byte_cell(footprint.optimizer_state), byte_cell(footprint.weight_gradients),
                   run.memory->capacity == 0 ? "not known"
                   : run.fits()              ? "yes"
                                             : "no"});
    }
    return table;
}

std::string misfits_text(std::span<const TargetRun> runs, const std::string& recipe,
                         const std::string& baseline) {
    std::string text;
    for (const TargetRun& run : runs) {
        text += misfit(run.name, recipe, run.memory);
        if (baseline != recipe) text += misfit(run.name, baseline, run.baseline_memory);
    }
    return text;
}

}  // namespace satsim::host
