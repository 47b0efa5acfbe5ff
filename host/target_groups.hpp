// What --target names: machines, how many of each, and whether they are mixed.
#pragma once

#include <string>
#include <vector>

#include "host/target_answers.hpp"

namespace satsim::host {

inline constexpr const char* kMix = "hetero";  // the best mix of the others

struct TargetGroup {
    Chosen chosen;
    int copies = 1;         // 0: as many as the step needs
    bool pipeline = false;  // named with an @, so that a pipeline is asked for, if only of one
};

struct TargetGroups {
    std::vector<TargetGroup> groups;
    bool mix = false;
    [[nodiscard]] bool has_pipeline() const;
    // Whether one of the groups is a machine by itself.
    [[nodiscard]] bool has_single() const;
};

// Reads "sat", "gpu-model:h100@3", "sat@fit", "hetero". Throws InputError for what is no target, is named
// twice or does not go with the other options, before anything is run.
[[nodiscard]] TargetGroups read_targets(const ComparisonArguments& arguments);

}  // namespace satsim::host
