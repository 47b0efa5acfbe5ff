// satsim compare --target: one step on several machines, side by side.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "host/compare/gpu_targets.hpp"
#include "host/options.hpp"

namespace satsim::host {

struct PlacementOptions {
    std::string policy = "time";  // "time", "energy", "edp" or a file
    std::string write;            // file to write, or ""
};

struct ComparisonArguments {
    Options options;
    std::string network;
    std::string recipe = "bdwp-2:8";
    std::string baseline = "dense";
    std::string trace;
    std::string report;
    bool ablation = false;
    std::vector<std::string> targets;  // "sat", "gpu", "gpu:FILE", "gpu-model:DEVICE", "hetero"
    GpuMeasuring gpu;
    PlacementOptions placement;
};

// --target, --record, --energy-window.
void add_target_options(CLI::App& command, std::vector<std::string>& targets, GpuMeasuring& gpu);

// Throws InputError for an option that says nothing of the targets that were named with it.
void refuse_unused(const CLI::App& command, const std::vector<std::string>& targets);

// --placement, --save-placement.
void add_placement_options(CLI::App& command, PlacementOptions& placement);

// Runs both recipes on every target, prints the comparison and writes its trace and report. Exit code 0;
// throws InputError for a target that does not exist and for a step that does not fit one.
int compare_targets(const ComparisonArguments& arguments);

}  // namespace satsim::host
