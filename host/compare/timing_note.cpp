#include "host/compare/timing_note.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "runtime/gpu_model/device.hpp"

namespace satsim::host {

std::string timing_note(std::span<const TargetRun> runs) {
    using gpu::TimingConvention;
    const auto names = [runs](TimingConvention timing) {
        std::vector<std::string> found;
        for (const TargetRun& run : runs)
            if (run.timing == to_string(timing)) found.push_back(run.name);
        return found;
    };
    const std::vector<std::string> calls = names(TimingConvention::Calls);
    const std::vector<std::string> replays = names(TimingConvention::GraphReplays);
    if (calls.empty() || replays.empty()) return "";
    return fmt::format(
        "Times of {} are of {}; those of {} of {}. What a call takes the host is in the former alone: where "
        "small kernels or convolutions bound a step, they do not compare (docs/architecture/gpu.md).\n",
        fmt::join(calls, ", "), timing_text(TimingConvention::Calls), fmt::join(replays, ", "),
        timing_text(TimingConvention::GraphReplays));
}

}  // namespace satsim::host
