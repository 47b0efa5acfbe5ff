// satsim verify: random programs, or one program file, on the functional model, the cycle model and the RTL.
#include <fmt/format.h>

#include <limits>
#include <memory>

#include "host/commands.hpp"
#include "host/file_types.hpp"
#include "host/range.hpp"
#include "host/verification.hpp"
#include "runtime/support/error.hpp"
#include "sim/verify/kinds.hpp"

namespace satsim::host {
namespace {

const CLI::Range kSeed = range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max());

int run(const VerifyArguments& arguments) {
    if (!has_rtl())
        throw InputError("verify", "",
                         "this build has no verilated RTL; install verilator, configure and build again");
    if (arguments.list) {
        for (const verify::Kind& kind : verify::all_kinds()) fmt::print("{}\n", kind.name);
        return 0;
    }
    return arguments.replay.empty() ? verify_random(arguments) : verify_file(arguments);
}

}  // namespace

void add_verify(CLI::App& program, Action& action) {
    auto arguments = std::make_shared<VerifyArguments>();
    CLI::App* command =
        program.add_subcommand("verify", "the same programs on functional model, cycle model and RTL");
    command->footer(
        "Example: satsim verify --count 500 --seed 7 --array 8x8 --kinds ws,vec-adam\n"
        "Example: satsim verify --replay verify-failure/program.satp --memory ddr4 --stall-seed 17\n"
        "Exit code 1: a bit or a cycle differs; a smaller program that shows it is then in the --waves "
        "folder.");
    CLI::Option* count = command->add_option("--count", arguments->count, "random programs")
                             ->check(range(std::int64_t{1}, std::int64_t{100'000'000}))
                             ->capture_default_str();
    CLI::Option* seed = command->add_option("--seed", arguments->seed, "of all random choices")
                            ->check(kSeed)
                            ->capture_default_str();
    CLI::Option* array =
        command
            ->add_option(
                "--array", arguments->array,
                "4x4, 8x8, 4x16 (32x32 where it was built), several of these separated by commas, or all")
            ->capture_default_str();
    CLI::Option* kinds =
        command->add_option("--kinds", arguments->kinds,
                            "kinds whose names begin with one of these, separated by commas (default: all)");
    command->add_flag("--list-kinds", arguments->list, "print the kinds of programs and end");
    CLI::Option* jobs = command->add_option("--jobs", arguments->jobs, "processes; they change no result")
                            ->check(range(1, 256))
                            ->capture_default_str();
    command
        ->add_option(
            "--waves", arguments->waves,
            "folder for what a mismatch leaves: small program, report, and FST "
            "waves where the RTL was verilated with them (cmake -DSATSIM_RTL_TRACE=ON, off in every preset)")
        ->capture_default_str();
    command
        ->add_option(
            "--fault", arguments->fault,
            "a mismatch on purpose: the RTL's memory a cycle slower, or two bits of its data flipped")
        ->check(CLI::IsMember({"none", "memory", "data"}))
        ->capture_default_str();
    CLI::Option* replay =
        command
            ->add_option("--replay", arguments->replay,
                         "this program file instead of random ones, with waves where the build has them")
            ->type_name(file_type::kFile)
            ->excludes(count)
            ->excludes(seed)
            ->excludes(array)
            ->excludes(kinds)
            ->excludes(jobs);
    command->add_option("--memory", arguments->memory, "of the replay")
        ->check(CLI::IsMember({"ddr4", "ideal"}))
        ->capture_default_str()
        ->needs(replay);
    command->add_option("--stall-seed", arguments->stall_seed, "of the replay's random stalls (0: none)")
        ->check(kSeed)
        ->needs(replay);
    command
        ->add_option("--rtl-seed", arguments->rtl_seed,
                     "of what the replay's RTL registers and memories hold before reset")
        ->check(range(1, std::numeric_limits<int>::max()))
        ->needs(replay);
    arguments->options.add_format(*command, "architecture/verification.md");
    command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace satsim::host
