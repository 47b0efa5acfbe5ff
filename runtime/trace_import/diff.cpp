#include "runtime/trace_import/diff.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace satsim {

void ProfileSum::add(const ProfileEntry& entry) {
    ++pieces;
    busy_us += entry.busy_us;
    if (pieces == 1 || entry.busy_us > longest_us) {
        longest = entry.name;
        longest_us = entry.busy_us;
    }
}

std::vector<ProfileGroup> by_layer(const TraceProfile& profile) {
    std::vector<ProfileGroup> groups;
    std::map<std::pair<std::string, std::string>, std::size_t> known;
    for (const ProfileEntry& entry : profile.entries) {
        const auto [found, is_new] = known.try_emplace({entry.layer, entry.stage}, groups.size());
        if (is_new) groups.push_back({entry.layer, entry.stage, {}});
        groups[found->second].sum.add(entry);
    }
    return groups;
}

std::vector<DiffRow> diff(const TraceProfile& a, const TraceProfile& b) {
    std::vector<DiffRow> rows;
    std::map<std::pair<std::string, std::string>, std::size_t> known;
    for (ProfileGroup& group : by_layer(a)) {
        known.emplace(std::pair{group.layer, group.stage}, rows.size());
        rows.push_back({std::move(group.layer), std::move(group.stage), std::move(group.sum), {}});
    }
    for (ProfileGroup& group : by_layer(b)) {
        const auto [found, is_new] = known.try_emplace({group.layer, group.stage}, rows.size());
        if (is_new) rows.push_back({group.layer, group.stage, {}, {}});
        rows[found->second].b = std::move(group.sum);
    }
    std::stable_sort(rows.begin(), rows.end(), [](const DiffRow& x, const DiffRow& y) {
        return std::abs(x.change_us()) > std::abs(y.change_us());
    });
    return rows;
}

}  // namespace satsim
