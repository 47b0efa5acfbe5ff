// How the design splits over the regions of a device: a count, not a placement.
//
// Array rows stay whole and keep their order; every other group of blocks lies in one region. Of all such
// splits the one whose fullest region is least full is taken.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/synth/device.hpp"

namespace satsim::synth {

inline constexpr const char* kRowGroup = "rows";

struct RegionUse {
    std::string region;
    int rows = 0;
    std::vector<std::string> groups;
    Resources used;
    Resources available;
    double utilization = 0;  // of the scarcest resource
};

// `groups`: what each takes in all; "rows" is that of `rows` equal rows. Regions in the device's order.
[[nodiscard]] std::vector<RegionUse> split(const std::map<std::string, Resources>& groups, int rows,
                                           const Device& device);

}  // namespace satsim::synth
