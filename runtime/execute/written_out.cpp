#include "runtime/execute/written_out.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

#include "runtime/execute/task_group.hpp"

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
    std::set<std::string> unused;
    for (const auto& entry : tasks) unused.insert(entry.first);
    std::map<std::string, std::pair<const std::vector<std::size_t>*, std::size_t>> next;
    std::vector<int> placed;
    for (const Task& task : written.tasks) {
        const std::string& name = layer_of(task);
        auto found = next.find(name);
        if (found == next.end()) {
            const auto source = std::find_if(
                tasks.begin(), tasks.end(), [&](const auto& entry) { return stands_for(entry.first, name); });
            if (source == tasks.end()) throw std::logic_error("no counted layer stands for " + name);
            unused.erase(source->first);
            found = next.emplace(name, std::pair{&source->second, std::size_t{0}}).first;
        }
        auto& [list, at] = found->second;
        if (at == list->size() ||
            name_of(task).substr(name.size()) !=
                name_of(counted.tasks[(*list)[at]]).substr(layer_of(counted.tasks[(*list)[at]]).size()))
            throw std::logic_error("the counted step has another task than " + name_of(task));
        placed.push_back(placement.at((*list)[at++]));
    }
    for (const auto& [name, source] : next)
        if (source.second != source.first->size())
            throw std::logic_error("the written step lacks, for " + name + ", the task " +
                                   name_of(counted.tasks[(*source.first)[source.second]]));
    if (!unused.empty()) throw std::logic_error("the written step has no layer for " + *unused.begin());
    return placed;
}

}  // namespace satsim::execute
