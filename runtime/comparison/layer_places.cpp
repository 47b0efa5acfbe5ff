#include "runtime/comparison/layer_places.hpp"

#include <algorithm>

namespace satsim {

void LayerPlaces::add(std::size_t target, const TaskResult& task, const ChromeTrace::Place& slice) {
    if (task.kind != "gemm") return;
    std::vector<Slice>& slices = slices_[{task.layer, task.stage, task.part}];
    if (slices.empty() || slices.back().target != target) slices.push_back({target, slice});
}

void LayerPlaces::link(ChromeTrace& trace) const {
    for (const auto& [work, slices] : slices_) {
        const std::string name = std::get<0>(work) + " " + std::get<1>(work);
        for (std::size_t i = 1; i < slices.size(); ++i) {
            const auto [first, second] = std::minmax(
                slices[i - 1].place, slices[i].place,
                [](const auto& a, const auto& b) { return std::tie(a.at, a.pid) < std::tie(b.at, b.pid); });
            trace.flow(name, "same layer", first, second);
        }
    }
}

}  // namespace satsim
