// How the design splits over the regions of a device: a count, not a placement.
//
// Array rows stay whole and follow each other from one end of the device to the other (the device names its
// regions in their order); every other group of blocks lies in one region, those that the first or the last
// row feeds from or into in that row's. Of all such splits the one whose fullest region is least full is
// taken (of equal ones that whose second fullest is), wires into carry chains counted as LUTs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/synth/device.hpp"

namespace satsim::synth {

inline constexpr const char* kRowGroup = "rows";

enum class RowOrder { Either, FromFirstRegion, FromLastRegion };

// Groups that lie with the first and with the last row; none where empty. And at which end of the device the
// first row is.
struct RowEnds {
    std::string first;
    std::string last;
    RowOrder order = RowOrder::Either;
};

struct RegionUse {
    std::string region;
    int first_row = 0;  // row 0 may lie in the device's first or last region
    int rows = 0;
    std::vector<std::string> groups;
    Resources used;
    Resources available;
    double utilization = 0;             // of the scarcest resource
    double utilization_with_wires = 0;  // the same where wires into carry chains count as LUTs
};

// `groups`: what each takes in all; "rows" is that of `rows` equal rows. Regions in the device's order.
[[nodiscard]] std::vector<RegionUse> split(const std::map<std::string, Resources>& groups, int rows,
                                           const RowEnds& ends, const Device& device);

}  // namespace satsim::synth
