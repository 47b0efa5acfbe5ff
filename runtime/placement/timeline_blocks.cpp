#include "runtime/placement/timeline_blocks.hpp"

#include <algorithm>
#include <map>

namespace satsim::placement {
namespace {

constexpr double kGap = 1.0 / 500;  // of the step

class Blocks {
  public:
    explicit Blocks(double seconds) : gap_(kGap * seconds) {}

    void add(TimelineBlock block) {
        const auto [place, is_new] = last_.emplace(block.lane, blocks_.size());
        if (!is_new) {
            TimelineBlock& before = blocks_[place->second];
            if (before.title == block.title && block.start - before.end <= gap_) {
                before.end = std::max(before.end, block.end);
                before.busy += block.busy;
                before.count += block.count;
                return;
            }
            place->second = blocks_.size();
        }
        blocks_.push_back(std::move(block));
    }

    [[nodiscard]] std::vector<TimelineBlock> take() { return std::move(blocks_); }

  private:
    double gap_;
    std::map<std::string, std::size_t> last_;  // by lane
    std::vector<TimelineBlock> blocks_;
};

}  // namespace

std::vector<TimelineBlock> timeline_blocks(const Network& network, const PlacedStep& placed) {
    Blocks blocks(placed.outcome.seconds);
    const auto machine = [&](int index) -> const Machine& {
        return placed.problem.machines[static_cast<std::size_t>(index)];
    };
    std::vector<NodeEvent> runs = placed.outcome.nodes;
    std::stable_sort(runs.begin(), runs.end(),
                     [](const NodeEvent& a, const NodeEvent& b) { return a.start < b.start; });
    for (const NodeEvent& event : runs) {
        const Run& run = placed.expansion.runs()[static_cast<std::size_t>(event.run)];
        const Node& node = placed.problem.graph.nodes[static_cast<std::size_t>(run.node)];
        const std::string module = network.top_module(network.layers[static_cast<std::size_t>(node.layer)]);
        blocks.add({machine(event.machine).name, module + " " + to_string(node.stage), node.stage, false,
                    event.start, event.end, event.end - event.start, 1});
    }
    std::vector<TransferEvent> transfers = placed.outcome.transfers;
    std::stable_sort(transfers.begin(), transfers.end(),
                     [](const TransferEvent& a, const TransferEvent& b) { return a.start < b.start; });
    for (const TransferEvent& event : transfers) {
        const auto add = [&](const std::string& lane) {
            blocks.add(
                {lane, "transfers", Stage::FF, true, event.start, event.end, event.end - event.start, 1});
        };
        if (!machine(event.from).in_host_memory()) add(machine(event.from).name + " to host");
        if (!machine(event.to).in_host_memory()) add("host to " + machine(event.to).name);
    }
    return blocks.take();
}

}  // namespace satsim::placement
