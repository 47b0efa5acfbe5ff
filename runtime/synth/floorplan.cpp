#include "runtime/synth/floorplan.hpp"

#include <algorithm>

#include "runtime/support/error.hpp"

namespace satsim::synth {
namespace {

// A row, rounded up so that all rows together are no less than their sum.
Resources row_of(const Resources& all, int rows) {
    const auto share = [rows](std::int64_t value) { return rows == 0 ? 0 : (value + rows - 1) / rows; };
    return {share(all.lut), share(all.ff), share(all.dsp), share(all.bram18), share(all.uram)};
}

// All ways to write `total` as an ordered sum of `parts`.
void compositions(int total, std::size_t parts, std::vector<int>& current,
                  std::vector<std::vector<int>>& all) {
    if (parts == 1) {
        current.push_back(total);
        all.push_back(current);
        current.pop_back();
        return;
    }
    for (int here = 0; here <= total; ++here) {
        current.push_back(here);
        compositions(total - here, parts - 1, current, all);
        current.pop_back();
    }
}

struct Choice {
    double fullest = 0;
    std::vector<int> rows;
    std::vector<std::size_t> region_of;
};

}  // namespace

std::vector<RegionUse> split(const std::map<std::string, Resources>& groups, int rows, const Device& device) {
    constexpr std::size_t kMostGroups = 6;
    std::vector<std::pair<std::string, Resources>> fixed;
    Resources row;
    for (const auto& [name, resources] : groups) {
        if (name == kRowGroup)
            row = row_of(resources, rows);
        else
            fixed.emplace_back(name, resources);
    }
    if (fixed.size() > kMostGroups)
        throw InputError("synthesis plan", "", "has more than six groups beside the rows");
    const std::size_t regions = device.regions.size();
    std::vector<std::vector<int>> row_splits;
    std::vector<int> current;
    compositions(rows, regions, current, row_splits);

    Choice best;
    std::vector<std::size_t> region_of(fixed.size(), 0);
    for (bool more = true; more;) {
        std::vector<Resources> base(regions);
        for (std::size_t i = 0; i < fixed.size(); ++i) base[region_of[i]] += fixed[i].second;
        for (const std::vector<int>& candidate : row_splits) {
            double fullest = 0;
            for (std::size_t r = 0; r < regions; ++r) {
                Resources used = base[r];
                used += row.times(candidate[r]);
                fullest = std::max(fullest, utilization(used, device.regions[r].resources));
            }
            if (best.rows.empty() || fullest < best.fullest) best = {fullest, candidate, region_of};
        }
        more = false;  // the next assignment of groups to regions, counting in the base of the regions
        for (std::size_t& region : region_of) {
            if (++region < regions) {
                more = true;
                break;
            }
            region = 0;
        }
    }

    std::vector<RegionUse> uses;
    for (std::size_t r = 0; r < regions; ++r) {
        RegionUse use{device.regions[r].name,
                      best.rows[r],
                      {},
                      row.times(best.rows[r]),
                      device.regions[r].resources,
                      0};
        for (std::size_t i = 0; i < fixed.size(); ++i) {
            if (best.region_of[i] != r) continue;
            use.groups.push_back(fixed[i].first);
            use.used += fixed[i].second;
        }
        use.utilization = utilization(use.used, use.available);
        uses.push_back(std::move(use));
    }
    return uses;
}

}  // namespace satsim::synth
