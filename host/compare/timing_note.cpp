#include "host/compare/timing_note.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <vector>

#include "runtime/gpu_record/timing.hpp"

namespace satsim::host {
namespace {

// None of SAT, of a processor, of what is measured now, and of a device file that does not say.
std::optional<gpu::TimingConvention> timing_of(const Chosen& chosen) {
    if (const auto* device = std::get_if<gpu::Device>(&chosen)) return device->kernels.timing;
    if (const auto* recorded = std::get_if<Recorded>(&chosen))
        if (recorded->name.starts_with("gpu:")) return gpu::timing_of(recorded->recording);
    return std::nullopt;
}

}  // namespace

std::string timing_note(const TargetGroups& targets) {
    std::map<gpu::TimingConvention, std::vector<std::string>> names;
    for (const TargetGroup& group : targets.groups)
        if (const std::optional<gpu::TimingConvention> timing = timing_of(group.chosen))
            names[*timing].push_back(name_of(group.chosen));
    if (names.size() < 2) return "";
    return fmt::format(
        "Times of {} are of {}; those of {} of {}. What a call takes the host is in the former alone: where "
        "small kernels or convolutions bound a step, they do not compare (docs/architecture/gpu.md).\n",
        fmt::join(names.at(gpu::TimingConvention::Calls), ", "),
        gpu::timing_text(gpu::TimingConvention::Calls),
        fmt::join(names.at(gpu::TimingConvention::GraphReplays), ", "),
        gpu::timing_text(gpu::TimingConvention::GraphReplays));
}

}  // namespace satsim::host
