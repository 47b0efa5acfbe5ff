// What every target says of the two steps of a comparison: as a run of its own and as costs for a placement.
#pragma once

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "host/compare/compare_targets.hpp"
#include "runtime/comparison/target_run.hpp"
#include "runtime/gpu_model/device.hpp"
#include "runtime/gpu_record/meter.hpp"
#include "runtime/hardware/hardware.hpp"
#include "runtime/placement/costs.hpp"
#include "runtime/recipe/recipe.hpp"
#include "runtime/workload/network.hpp"

namespace satsim::host {

// The baseline's step and the recipe's.
struct Steps {
    Network network;
    std::vector<Recipe> recipes;
    std::vector<TrainingStep> steps;
};

// Every name is known, every file sound and every device there before anything is run.
struct Sat {};
struct Measured {
    std::string name;
    std::unique_ptr<gpu::Meter> meter;
};
struct Recorded {
    std::string name;
    gpu::Recording recording;
};
using Chosen = std::variant<Sat, gpu::Device, Measured, Recorded>;

// "sat", "gpu:FILE", "gpu-model:h100"; of a device file given as one, the file's.
[[nodiscard]] std::string name_of(const Chosen& chosen);

// Throws InputError for a name that is no target, a file that is no recording or device, a device that is not
// there.
[[nodiscard]] Chosen read_target(const std::string& target, const ComparisonArguments& arguments);

struct Answer {
    TargetRun run;  // of the recipe's step
    // The machine in a placement, and what it says of the tasks of each step. A board's tasks are stretched
    // to its limit as if it ran the step alone, though in a mix it idles in between: mixes are judged
    // conservatively.
    std::array<placement::MachineCosts, 2> costs;
};

// Runs both steps. `hardware`: SAT's, whose host figures also stand for the links of GPUs. `must_fit`: throws
// InputError where a step does not fit the target's memory. SAT adds the fields of its comparison to
// `*document`, if that is wanted.
[[nodiscard]] Answer answer_of(Chosen& chosen, const ComparisonArguments& arguments, const Steps& made,
                               const Hardware& hardware, bool must_fit, nlohmann::ordered_json* document);

// The host's CPU as SAT's hardware file states it: vector work alone, by rates.
[[nodiscard]] std::array<placement::MachineCosts, 2> host_costs(const Steps& made, const Hardware& hardware);

}  // namespace satsim::host
