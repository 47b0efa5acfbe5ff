// --report: the HTML page of what a command found.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "host/options.hpp"
#include "runtime/dispatch/step_result.hpp"
#include "runtime/hardware/hardware.hpp"

namespace satsim::host {

// Adds --report FILE; `file` stays empty when it is not given. A file that ends in .json gets the report
// document alone, which `satsim report` turns into a page.
CLI::Option* add_report_option(CLI::App& command, std::string& file);

// To be called before the work is begun: throws InputError when the report could not be written: built
// without D3, or a name that ends neither in .html nor in .json. Nothing when `file` is empty.
void require_report(const std::string& file);

// Writes the report of a command to `file`, whole or not at all; nothing when `file` is empty. `kind` and
// `data`: docs/formats/report.md. `results`, where there are any, become the timeline.
void write_report(const std::string& file, const std::string& kind, const std::string& title,
                  const Options& options, const Hardware& hardware, nlohmann::ordered_json data,
                  std::span<const StepResult> results = {});

// The same of many steps; `steps`: some of them task by task, each a report::step_json().
void write_steps_report(const std::string& file, const std::string& kind, const std::string& title,
                        const Options& options, const Hardware& hardware, nlohmann::ordered_json data,
                        nlohmann::ordered_json steps);

// The same of a step on several targets; `sat`: the hardware of the target of that name, null without it.
void write_targets_report(const std::string& file, const std::string& title, const Options& options,
                          const Hardware* sat, nlohmann::ordered_json data);

}  // namespace satsim::host
