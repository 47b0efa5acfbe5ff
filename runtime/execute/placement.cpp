#include "runtime/execute/placement.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "runtime/execute/task_group.hpp"
#include "runtime/support/json_cursor.hpp"

namespace satsim::execute {
namespace {

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// "block.1-2.norm" stands for "block.1.norm" and "block.2.norm".
bool stands_for(std::string_view counted, std::string_view written) {
    while (!counted.empty() || !written.empty()) {
        const std::string_view a = counted.substr(0, counted.find('.'));
        const std::string_view b = written.substr(0, written.find('.'));
        if (a != b) {
            const std::size_t dash = a.find('-');
            if (dash == std::string_view::npos) return false;
            const auto first = number(a.substr(0, dash));
            const auto last = number(a.substr(dash + 1));
            const auto copy = number(b);
            if (!first || !last || !copy || *copy < *first || *copy > *last) return false;
        }
        counted.remove_prefix(std::min(counted.size(), a.size() + 1));
        written.remove_prefix(std::min(written.size(), b.size() + 1));
    }
    return true;
}

}  // namespace

std::vector<int> written_out(const TrainingStep& counted, const std::vector<int>& placement,
                             const TrainingStep& written) {
    std::map<std::string, std::vector<std::size_t>> tasks;  // of each counted layer, in order
    for (std::size_t i = 0; i < counted.tasks.size(); ++i) tasks[layer_of(counted.tasks[i])].push_back(i);
    std::map<std::string, std::pair<const std::vector<std::size_t>*, std::size_t>> next;
    std::vector<int> placed;
    for (const Task& task : written.tasks) {
        const std::string& name = layer_of(task);
        auto found = next.find(name);
        if (found == next.end()) {
            const auto source = std::find_if(
                tasks.begin(), tasks.end(), [&](const auto& entry) { return stands_for(entry.first, name); });
            if (source == tasks.end()) throw std::logic_error("no counted layer stands for " + name);
            found = next.emplace(name, std::pair{&source->second, std::size_t{0}}).first;
        }
        auto& [list, at] = found->second;
        if (at == list->size() ||
            name_of(task).substr(name.size()) !=
                name_of(counted.tasks[(*list)[at]]).substr(layer_of(counted.tasks[(*list)[at]]).size()))
            throw std::logic_error("the counted step has another task than " + name_of(task));
        placed.push_back(placement.at((*list)[at++]));
    }
    return placed;
}

namespace {

struct Entry {
    std::string layer;
    Stage stage = Stage::FF;
    int engine = 0;
};

bool names(const Network& network, const Entry& entry, const Layer& layer) {
    return network.lies_in(layer, entry.layer) || stands_for(entry.layer, layer.name);
}

std::vector<Entry> read_entries(const JsonCursor& list, const Network& network,
                                const std::map<std::string, int>& targets) {
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const JsonCursor item = list.at(i);
        item.object({"layer", "stage", "target"});
        Entry entry{item.at("layer").text()};
        const std::string stage = item.at("stage").text();
        if (stage != "FF" && stage != "BP" && stage != "WU")
            item.at("stage").fail("is " + shown(item.at("stage").node()) + ", expected FF, BP or WU");
        entry.stage = stage == "FF" ? Stage::FF : stage == "BP" ? Stage::BP : Stage::WU;
        const auto target = targets.find(item.at("target").text());
        if (target == targets.end()) {
            std::string known;
            for (const auto& each : targets) known += (known.empty() ? "" : ", ") + each.first;
            item.at("target").fail("is " + shown(item.at("target").node()) + ", expected one of " + known);
        }
        entry.engine = target->second;
        if (std::ranges::none_of(network.layers,
                                 [&](const Layer& layer) { return names(network, entry, layer); }))
            item.at("layer").fail("is " + shown(item.at("layer").node()) +
                                  ", which is no layer or module of " + network.name);
        entries.push_back(std::move(entry));
    }
    return entries;
}

}  // namespace

std::vector<int> read_placement(const nlohmann::json& document, const std::string& file,
                                const Network& network, const TrainingStep& step,
                                const std::map<std::string, int>& targets,
                                const std::vector<Engine*>& engines, int otherwise, int host) {
    const JsonCursor root(document, file);
    const std::vector<Entry> entries =
        read_entries(root.is_array() ? root : root.at("placement"), network, targets);
    std::map<std::pair<std::string, Stage>, int> chosen;
    for (const Entry& entry : entries)
        for (const Layer& layer : network.layers)
            if (names(network, entry, layer)) chosen[{layer.name, entry.stage}] = entry.engine;
    std::vector<int> placement;
    for (const Task& task : step.tasks) {
        const auto found = chosen.find({layer_of(task), stage_of(task)});
        const int engine = found == chosen.end() ? otherwise : found->second;
        placement.push_back(engines[static_cast<std::size_t>(engine)]->can_run(task) ? engine : host);
    }
    return placement;
}

}  // namespace satsim::execute
