// satsim: a network in, the time and energy of one training step on SAT out.
//
// Exit codes: 0 done, 1 a check failed, 2 bad usage or input (one line on stderr says which), 70 a fault of
// satsim.
#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "host/commands.hpp"
#include "host/output_files.hpp"
#include "host/parse_arguments.hpp"
#include "runtime/support/error.hpp"

namespace {

constexpr int kInternalFault = 70;

int run_program(int argc, char** argv) {
    CLI::App program{
        "satsim: N:M sparse training on the SAT accelerator, simulated cycle by cycle\n"
        "Example: satsim compare resnet18 --recipe bdwp-2:8 --baseline dense",
        "satsim"};
    program.set_version_flag("--version", "satsim " SATSIM_VERSION);
    program.require_subcommand(1);
    satsim::host::Action action;
    satsim::host::add_models(program, action);
    satsim::host::add_schedule(program, action);
    satsim::host::add_run(program, action);
    satsim::host::add_compare(program, action);
    satsim::host::add_train(program, action);
    satsim::host::add_trace(program, action);
    satsim::host::add_reproduce(program, action);
    satsim::host::add_verify(program, action);
    satsim::host::add_synth(program, action);
    satsim::host::add_sweep(program, action);
    satsim::host::add_hardware(program, action);
    satsim::host::add_gpu(program, action);
    satsim::host::add_report(program, action);
    satsim::host::add_doctor(program, action);
    satsim::host::add_completion(program, action);
    satsim::host::add_manual(program, action);
    program.footer(
        "Exit codes: 0 done, 1 a check or comparison failed, 2 bad usage or input, 70 a fault of satsim.");
    if (const auto code = satsim::host::parse_arguments(program, argc, argv)) return *code;
    satsim::host::require_different_files(program);
    return action ? action() : 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run_program(argc, argv);
    } catch (const satsim::InputError& error) {
        fmt::print(stderr, "satsim: {}\n", error.what());
        return satsim::host::kBadInput;
    } catch (const std::exception& error) {
        fmt::print(stderr, "satsim: internal fault: {}\n", error.what());
        return kInternalFault;
    }
}
