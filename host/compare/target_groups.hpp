// What --target names: machines, how many of each, and whether they are mixed.
#pragma once

#include <string>
#include <vector>

#include "host/compare/target_answers.hpp"

namespace satsim::host {

inline constexpr const char* kMix = "hetero";  // the best mix of the others

struct TargetGroup {
    std::string text;  // as it was asked for: "sat@fit"
    Chosen chosen;
    int copies = 1;         // 0: as many as the step needs
    bool pipeline = false;  // named with an @, so that a pipeline is asked for, if only of one
};

struct TargetGroups {
    std::vector<TargetGroup> groups;
    bool mix = false;
    std::size_t mix_at = 0;  // of the groups, how many were named before the mix
    [[nodiscard]] bool has_pipeline() const;
};

// Reads "sat", "gpu-model:h100@3", "sat@fit", "hetero". Throws InputError for what is no target, is named
// twice or does not go with the other options, before anything is run.
[[nodiscard]] TargetGroups read_targets(const ComparisonArguments& arguments);

// What stands behind the colon: "run.json" in "gpu:run.json@2", "h100" in "gpu-model:h100"; empty in "sat".
[[nodiscard]] std::string target_file(const std::string& target);

}  // namespace satsim::host
