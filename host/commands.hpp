// The subcommands of `satsim`. Each adds itself to the program; its work runs when it was chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace satsim::host {

// What was chosen, and its exit code: 0 done, 1 a check failed. Errors are exceptions.
using Action = std::function<int()>;

void add_models(CLI::App& program, Action& action);
void add_schedule(CLI::App& program, Action& action);
void add_run(CLI::App& program, Action& action);
void add_compare(CLI::App& program, Action& action);
void add_train(CLI::App& program, Action& action);
void add_trace(CLI::App& program, Action& action);
void add_reproduce(CLI::App& program, Action& action);
void add_verify(CLI::App& program, Action& action);
void add_synth(CLI::App& program, Action& action);
void add_sweep(CLI::App& program, Action& action);
void add_hardware(CLI::App& program, Action& action);
void add_gpu(CLI::App& program, Action& action);
void add_report(CLI::App& program, Action& action);
void add_doctor(CLI::App& program, Action& action);
void add_completion(CLI::App& program, Action& action);
void add_manual(CLI::App& program, Action& action);

}  // namespace satsim::host
