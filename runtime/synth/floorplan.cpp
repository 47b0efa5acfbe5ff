#include "runtime/synth/floorplan.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "runtime/support/error.hpp"

namespace satsim::synth {
namespace {

// A row, rounded up so that all rows together are no less than their sum.
Resources row_of(const Resources& all, int rows) {
    const auto share = [rows](std::int64_t value) { return rows == 0 ? 0 : (value + rows - 1) / rows; };
    return {share(all.lut),    share(all.ff),   share(all.dsp),
            share(all.bram18), share(all.uram), share(all.wires)};
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

using Groups = std::vector<std::pair<std::string, Resources>>;

struct Choice {
    std::vector<double> filled{};  // of every region, the fullest first
    std::vector<int> rows;
    std::vector<std::size_t> region_of;
    bool reversed = false;  // row 0 lies in the last region
};

class Splitter {
  public:
    Splitter(Groups fixed, const Resources& row, int rows, const RowEnds& ends, const Device& device)
        : fixed_(std::move(fixed)), row_(row), rows_(rows), ends_(ends), device_(device) {}

    // Every assignment of groups to regions with every split of the rows, in the directions that are open.
    Choice best() {
        const std::size_t regions = device_.regions.size();
        std::vector<std::vector<int>> row_splits;
        std::vector<int> current;
        compositions(rows_, regions, current, row_splits);
        std::vector<std::size_t> region_of(fixed_.size(), 0);
        for (bool more = true; more;) {
            for (const std::vector<int>& candidate : row_splits) {
                if (ends_.order != RowOrder::FromLastRegion) consider({{}, candidate, region_of, false});
                if (ends_.order != RowOrder::FromFirstRegion) consider({{}, candidate, region_of, true});
            }
            more = false;  // the next assignment, counting in the base of the regions
            for (std::size_t& region : region_of) {
                if (++region < regions) {
                    more = true;
                    break;
                }
                region = 0;
            }
        }
        return best_;
    }

    [[nodiscard]] Resources used(const Choice& choice, std::size_t region) const {
        Resources sum = row_.times(choice.rows[region]);
        for (std::size_t i = 0; i < fixed_.size(); ++i) {
            if (choice.region_of[i] == region) sum += fixed_[i].second;
        }
        return sum;
    }

  private:
    // Of the first or of the last row.
    [[nodiscard]] static std::size_t region_of_end(const Choice& choice, bool lowest) {
        const auto holds = [](int rows) { return rows > 0; };
        if (lowest)
            return static_cast<std::size_t>(std::ranges::find_if(choice.rows, holds) - choice.rows.begin());
        return static_cast<std::size_t>(choice.rows.rend() -
                                        std::find_if(choice.rows.rbegin(), choice.rows.rend(), holds) - 1);
    }

    [[nodiscard]] bool keeps_ends(const Choice& choice) const {
        if (rows_ == 0) return true;
        const std::size_t first = region_of_end(choice, !choice.reversed);
        const std::size_t last = region_of_end(choice, choice.reversed);
        for (std::size_t i = 0; i < fixed_.size(); ++i) {
            if (fixed_[i].first == ends_.first && choice.region_of[i] != first) return false;
            if (fixed_[i].first == ends_.last && choice.region_of[i] != last) return false;
        }
        return true;
    }

    void consider(Choice choice) {
        if (!keeps_ends(choice)) return;
        for (std::size_t r = 0; r < device_.regions.size(); ++r)
            choice.filled.push_back(utilization(used(choice, r).with_wires(), device_.regions[r].resources));
        std::ranges::sort(choice.filled, std::greater());
        if (best_.rows.empty() || choice.filled < best_.filled) best_ = std::move(choice);
    }

    Groups fixed_;
    Resources row_;
    int rows_;
    const RowEnds& ends_;
    const Device& device_;
    Choice best_;
};

}  // namespace

std::vector<RegionUse> split(const std::map<std::string, Resources>& groups, int rows, const RowEnds& ends,
                             const Device& device) {
    constexpr std::size_t kMostGroups = 6;
    Groups fixed;
    Resources row;
    for (const auto& [name, resources] : groups) {
        if (name == kRowGroup)
            row = row_of(resources, rows);
        else
            fixed.emplace_back(name, resources);
    }
    if (fixed.size() > kMostGroups)
        throw InputError("synthesis plan", "", "has more than six groups beside the rows");
    Splitter splitter(fixed, row, rows, ends, device);
    const Choice best = splitter.best();

    std::vector<RegionUse> uses;
    int before = 0;
    for (std::size_t r = 0; r < device.regions.size(); ++r) {
        RegionUse use;
        use.region = device.regions[r].name;
        use.rows = best.rows[r];
        use.first_row = best.reversed ? rows - before - use.rows : before;
        before += use.rows;
        for (std::size_t i = 0; i < fixed.size(); ++i) {
            if (best.region_of[i] == r) use.groups.push_back(fixed[i].first);
        }
        use.used = splitter.used(best, r);
        use.available = device.regions[r].resources;
        use.utilization = utilization(use.used, use.available);
        use.utilization_with_wires = utilization(use.used.with_wires(), use.available);
        uses.push_back(std::move(use));
    }
    return uses;
}

}  // namespace satsim::synth
