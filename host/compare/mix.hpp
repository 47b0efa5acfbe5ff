// Several machines on one step: --target ...,hetero, the best mix of the other targets, and NAME@K, K equal
// machines as a pipeline.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "host/compare/target_answers.hpp"
#include "runtime/placement/placed_step.hpp"

namespace satsim::host {

struct Mix {
    std::array<placement::PlacedStep, 2> steps;  // the baseline's and the recipe's
    TargetRun run;  // the recipe's, as a target like any other: "hetero", "sat@3"
    [[nodiscard]] const std::string& name() const { return run.name; }
    [[nodiscard]] const placement::PlacedStep& recipe() const { return steps[1]; }
};

// Whether a policy is "time", "energy" or "edp"; a file otherwise.
[[nodiscard]] bool is_objective(const std::string& policy);

// A target as part of a mix: `copies` machines of it. `alone`: how they do without the others, if that has
// been found out; the mix will be no worse.
struct MixPart {
    const Answer* answer = nullptr;
    int copies = 1;
    const Mix* alone = nullptr;
};

// Places both steps on all machines of `parts` and, beside SAT, the host, under the name of a target.
// `policy`: "time", "energy", "edp" or a placement file, which is used for both steps. Throws InputError for
// energy where a target does not know its joules, and where no placement fits.
[[nodiscard]] Mix make_mix(const std::string& name, const std::string& policy, const Steps& made,
                           std::span<const MixPart> parts, const Hardware& hardware);

// The least number of copies of one target that both steps fit on, as a pipeline. Throws InputError where
// more than 64 would be needed.
[[nodiscard]] int least_copies(const Steps& made, const Answer& answer, const Hardware& hardware);

// What its object in `targets` has beside that of a single machine.
[[nodiscard]] nlohmann::ordered_json mix_json(const Network& network, const Mix& mix);

// What a report shows of it beside that: how it was placed, and its timeline.
[[nodiscard]] nlohmann::ordered_json mix_report(const Network& network, const Mix& mix);

// What people read: totals beside each machine alone, where everything is, memory.
[[nodiscard]] std::string mix_text(const Network& network, const Mix& mix);

}  // namespace satsim::host
