// satsim sweep: many configurations of hardware, recipe and network, and the best of them.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "host/commands.hpp"
#include "host/file_types.hpp"
#include "host/options.hpp"
#include "host/output_files.hpp"
#include "host/parse_arguments.hpp"
#include "host/range.hpp"
#include "host/report.hpp"
#include "host/sweep/sweep_report.hpp"
#include "host/sweep/sweep_session.hpp"
#include "host/sweep/sweep_tables.hpp"
#include "runtime/support/error.hpp"

namespace satsim::host {
namespace {

struct Arguments {
    Options options;
    SweepSettings settings;
    std::string page;
    bool all = false;
    bool count = false;
};

int report(const Arguments& arguments, SweepSession& session) {
    const Options& options = arguments.options;
    const sweep::Outcome& outcome = session.outcome();
    if (!arguments.page.empty()) {
        if (outcome.count(sweep::Status::Done) == 0)
            throw InputError("--report " + arguments.page, "", "no configuration of this sweep is possible");
        constexpr std::size_t kSteps = 5;  // each is a page of its own
        write_steps_report(arguments.page, "sweep", outcome.name, options, session.base_hardware(),
                           sweep_report_data(outcome), session.front_steps(kSteps));
    }
    if (options.json) {
        deliver(options, sweep::outcome_json(outcome).dump(1) + "\n");
    } else if (options.csv) {
        deliver(options, sweep_csv(outcome).csv());
    } else {
        deliver(options, sweep_text(outcome, session.counts(), session.database().string(), arguments.all));
    }
    return outcome.count(sweep::Status::Fault) == 0 ? 0 : 1;
}

// The database has a name of its own where none is given.
void require_own_database(const Arguments& arguments, const SweepSession& session) {
    const NamedFile written[] = {
        {"--db", session.database()}, {"--report", arguments.page}, {"--output", arguments.options.output}};
    const NamedFile read[] = {{"sweep", arguments.settings.file}};
    require_different_files(written, read);
}

// Rank 0 reads and checks everything first; the others follow when it says that all is well.
int run_ranks(const Arguments& arguments) {
    const sweep::MpiWorld world;
    if (world.rank() != 0) {
        if (const int code = world.from_first(0); code != 0) return code;
        SweepSession(arguments.settings).serve(world);
        return 0;
    }
    std::unique_ptr<SweepSession> session;
    try {
        session = std::make_unique<SweepSession>(arguments.settings);
        require_own_database(arguments, *session);
        session->open();
    } catch (const InputError& error) {
        fmt::print(stderr, "satsim: {}\n", error.what());
        return world.from_first(kBadInput);
    }
    static_cast<void>(world.from_first(0));
    session->evaluate(&world);
    return report(arguments, *session);
}

int run(Arguments& arguments) {
    require_report(arguments.page);
    arguments.settings.models = arguments.options.models_folder;
    arguments.options.fidelity = arguments.settings.fidelity;
    if (arguments.count) {
        fmt::print("{}\n", SweepSession(arguments.settings).points());
        return 0;
    }
    if (sweep::started_by_mpi()) return run_ranks(arguments);
    SweepSession session(arguments.settings);
    require_own_database(arguments, session);
    session.open();
    session.evaluate(nullptr);
    return report(arguments, session);
}

}  // namespace

void add_sweep(CLI::App& program, Action& action) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = program.add_subcommand(
        "sweep", "many configurations, their time, energy and size, and the best of them");
    command->footer(
        "Finished points are kept in an SQLite file; a sweep that was interrupted goes on where it stopped.\n"
        "Example: satsim sweep models/sweeps/resnet18-small.json --report front.html\n"
        "Example: satsim sweep my-sweep.json --cycle-front --workers 8 --csv -o points.csv\n"
        "Example: mpirun -n 16 satsim sweep my-sweep.json      (Slurm: tools/sweep.slurm)");
    SweepSettings& settings = arguments->settings;
    command->add_option("sweep", settings.file, "sweep file, docs/formats/sweep.md")
        ->type_name(file_type::kFile)
        ->required();
    command
        ->add_option("--db", settings.database,
                     "keep results in this database file (default: the sweep file's name with .sqlite, here)")
        ->type_name(file_type::kOutput);
    command->add_option("--fidelity", settings.fidelity, "of all points")
        ->check(CLI::IsMember({"fast", "cycle"}))
        ->capture_default_str();
    command->add_flag("--cycle-front", settings.cycle_front,
                      "simulate the points of the front with cycle too");
    command
        ->add_option("--workers", settings.workers,
                     "processes that evaluate, when mpirun has not started them")
        ->check(range(1, 256))
        ->capture_default_str();
    command->add_flag("--all", arguments->all, "all points in the table, not only the front");
    command->add_flag("--count", arguments->count, "print how many points there are, and evaluate none");
    add_report_option(*command, arguments->page);
    arguments->options.add_models(*command);
    arguments->options.add_format(*command, "formats/sweep.md");
    command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace satsim::host
