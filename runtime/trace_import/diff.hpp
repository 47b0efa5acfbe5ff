// Two profiles by layer and stage: where the time went differently.
#pragma once

#include <string>
#include <vector>

#include "runtime/trace_import/profile.hpp"

namespace satsim {

// Sums over the entries of one group.
struct ProfileSum {
    std::size_t pieces = 0;
    double busy_us = 0;
    std::string longest;  // name of the longest piece
    double longest_us = 0;

    void add(const ProfileEntry& entry);
};

struct ProfileGroup {
    std::string layer;
    std::string stage;
    ProfileSum sum;
};
// In the order in which groups begin.
[[nodiscard]] std::vector<ProfileGroup> by_layer(const TraceProfile& profile);

struct DiffRow {
    std::string layer;
    std::string stage;
    ProfileSum a;  // no pieces: the group is not there
    ProfileSum b;
    [[nodiscard]] double change_us() const { return b.busy_us - a.busy_us; }
};
// Every group of either, the largest change first. Changes add up to the difference of the busy times.
[[nodiscard]] std::vector<DiffRow> diff(const TraceProfile& a, const TraceProfile& b);

}  // namespace satsim
