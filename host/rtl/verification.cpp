#include "host/verification.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "host/progress.hpp"
#include "host/rtl/failure_files.hpp"
#include "host/split.hpp"
#include "host/table.hpp"
#include "runtime/support/error.hpp"
#include "sim/target/sat_simulation.hpp"
#include "sim/verify/campaign.hpp"
#include "sim/verify/engines.hpp"
#include "sim/verify/shrink.hpp"

namespace satsim::host {
namespace {

using verify::CampaignResult;
using verify::CampaignSettings;
using verify::Case;
using verify::Kind;
using verify::Tally;

constexpr int kMismatch = 1;
constexpr int kInterrupted = 130;  // as a shell reports SIGINT
constexpr std::size_t kListedFailures = 20;

volatile sig_atomic_t interrupt_seen = 0;

// While it lives, an interrupt only raises interrupt_seen; a second one ends the program.
class InterruptWatch {
  public:
    InterruptWatch() {
        struct sigaction action {};
        action.sa_handler = [](int) { interrupt_seen = 1; };
        action.sa_flags = static_cast<int>(SA_RESETHAND);
        ::sigaction(SIGINT, &action, &before_);
    }
    InterruptWatch(const InterruptWatch&) = delete;
    InterruptWatch& operator=(const InterruptWatch&) = delete;
    ~InterruptWatch() { ::sigaction(SIGINT, &before_, nullptr); }

  private:
    struct sigaction before_ {};
};

verify::Fault fault_of(const VerifyArguments& arguments) {
    if (arguments.fault == "memory") return verify::Fault::Memory;
    return arguments.fault == "data" ? verify::Fault::Data : verify::Fault::None;
}

// In the order in which they were built, each once.
std::vector<isa::ArrayConfig> chosen_arrays(const std::string& list) {
    const std::vector<isa::ArrayConfig> built = sim::rtl::built_configurations();
    if (list == "all") return built;
    std::vector<std::string> left = split(list, ',');
    std::vector<isa::ArrayConfig> chosen;
    std::string names;
    for (const isa::ArrayConfig& array : built) {
        const std::string name = verify::array_name(array);
        if (std::erase(left, name) > 0) chosen.push_back(array);
        names += name + ", ";
    }
    if (!left.empty() || chosen.empty())
        throw InputError("--array " + list, "",
                         "\"" + (left.empty() ? "" : left.front()) +
                             "\" was not verilated, expected some of " + names + "or all");
    return chosen;
}

std::vector<Kind> chosen_kinds(const std::string& list) {
    if (list.empty()) return verify::all_kinds();
    std::vector<bool> chosen(verify::all_kinds().size(), false);
    for (const std::string& prefix : split(list, ',')) {
        bool found = false;
        for (std::size_t i = 0; i < chosen.size() && !prefix.empty(); ++i) {
            if (!verify::all_kinds()[i].name.starts_with(prefix)) continue;
            chosen[i] = found = true;
        }
        if (!found)
            throw InputError(
                "--kinds " + list, "",
                "no kind begins with \"" + prefix + "\"; satsim verify --list-kinds prints them");
    }
    std::vector<Kind> kinds;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        if (chosen[i]) kinds.push_back(verify::all_kinds()[i]);
    }
    return kinds;
}

// Tallies of the arrays of each kind, in the order of the kinds.
std::vector<std::pair<std::string, Tally>> by_kind(const CampaignSettings& settings,
                                                   const CampaignResult& result) {
    std::vector<std::pair<std::string, Tally>> kinds;
    for (std::size_t i = 0; i < settings.targets.size(); ++i) {
        const std::string& name = settings.targets[i].kind.name;
        if (kinds.empty() || kinds.back().first != name) kinds.emplace_back(name, Tally{});
        kinds.back().second += result.by_target[i];
    }
    return kinds;
}

// Programs of each array, by its name, and of how many targets there was none.
struct Spread {
    std::map<std::string, std::int64_t> programs;
    std::size_t untried = 0;
};
Spread spread_of(const CampaignSettings& settings, const CampaignResult& result) {
    Spread spread;
    for (std::size_t i = 0; i < settings.targets.size(); ++i) {
        const std::int64_t programs = result.by_target[i].programs;
        spread.programs[verify::array_name(settings.targets[i].array)] += programs;
        if (programs == 0) ++spread.untried;
    }
    return spread;
}

std::vector<std::string> cells(const std::string& name, const Tally& tally) {
    return {name,
            grouped(tally.programs),
            grouped(tally.redrawn),
            grouped(tally.operations),
            grouped(tally.cycles),
            grouped(tally.mismatching_bits),
            grouped(tally.mismatching_cycles + tally.mismatching_counters),
            grouped(tally.failed)};
}

Table table_of(const CampaignSettings& settings, const CampaignResult& result) {
    Table table({"<kind", "programs", "redrawn", "operations", "cycles simulated", "bits differ",
                 "cycles differ", "failed"});
    for (const auto& [name, tally] : by_kind(settings, result)) {
        if (tally.programs > 0) table.row(cells(name, tally));
    }
    table.rule();
    table.row(cells("all", result.total()));
    return table;
}

nlohmann::ordered_json json_of(const Tally& tally) {
    return {{"programs", tally.programs},
            {"mismatching_bits", tally.mismatching_bits},
            {"mismatching_cycles", tally.mismatching_cycles},
            {"mismatching_counters", tally.mismatching_counters},
            {"failed", tally.failed},
            {"redrawn", tally.redrawn},
            {"operations", tally.operations},
            {"cycles", tally.cycles}};
}

nlohmann::ordered_json json_of(const CampaignSettings& settings, const CampaignResult& result,
                               double seconds) {
    nlohmann::ordered_json object = json_of(result.total());
    object["seed"] = settings.seed;
    object["seconds"] = seconds;
    object["interrupted"] = result.interrupted;
    object["failing"] = result.failing;
    const Spread spread = spread_of(settings, result);
    object["arrays"] = spread.programs;
    object["untried"] = spread.untried;
    object["kinds"] = nlohmann::ordered_json::array();
    for (const auto& [name, tally] : by_kind(settings, result)) {
        nlohmann::ordered_json kind = {{"kind", name}};
        kind.update(json_of(tally));
        object["kinds"].push_back(std::move(kind));
    }
    return object;
}

std::string text_of(const VerifyArguments& arguments, const CampaignSettings& settings,
                    const CampaignResult& result, double seconds) {
    const Tally total = result.total();
    std::string text = table_of(settings, result).text() + "\n";
    if (result.interrupted)
        text += fmt::format("interrupted after {} of {} programs\n", total.programs, settings.count);
    text += fmt::format("{} programs, seed {}, {:.0f} s: {} bits and {} cycles differ\n",
                        grouped(total.programs), arguments.seed, seconds, grouped(total.mismatching_bits),
                        grouped(total.mismatching_cycles));
    const Spread spread = spread_of(settings, result);
    text += "on";
    for (const auto& [array, programs] : spread.programs)
        text += fmt::format(" {}: {}", array, grouped(programs));
    text +=
        spread.untried == 0 ? "\n" : fmt::format("; {} kinds of an array had no program\n", spread.untried);
    if (total.failed == 0) return text;
    text += fmt::format("{} programs failed, number", grouped(total.failed));
    for (std::size_t i = 0; i < std::min(result.failing.size(), kListedFailures); ++i)
        text += fmt::format(" {}", result.failing[i]);
    return text + (result.failing.size() > kListedFailures ? " ...\n" : "\n");
}

// Shrinks the first failing program and leaves it in the waves folder; the report goes to stderr.
void explain(const VerifyArguments& arguments, const CampaignSettings& settings, std::int64_t number) {
    const Case failing = verify::case_of(settings, number).found;
    fmt::print(stderr, "program {} fails: {}\n", number, verify::describe(failing));
    verify::Engines engines(fault_of(arguments));
    const auto fails = [&engines](const Case& c) { return !engines.run(c).equal(); };
    const verify::Shrunk shrunk = verify::shrink(failing, fails);
    fmt::print(stderr, "smallest of {} tried{}: {}\n", shrunk.runs,
               shrunk.minimal ? "" : " (there may be smaller ones)", verify::describe(shrunk.smallest));
    const FailureFiles files(arguments.waves);
    fmt::print(stderr, "{}", files.write(engines, shrunk.smallest, arguments.fault));
}

}  // namespace

bool has_rtl() {
    return true;
}

int verify_random(const VerifyArguments& arguments) {
    CampaignSettings settings;
    settings.targets = verify::targets_of(chosen_kinds(arguments.kinds), chosen_arrays(arguments.array));
    if (settings.targets.empty())
        throw InputError(
            "--kinds " + arguments.kinds, "",
            "none of these runs on a " + arguments.array + " array (docs/architecture/verification.md)");
    settings.count = arguments.count;
    settings.seed = static_cast<std::uint64_t>(arguments.seed);
    settings.jobs = arguments.jobs;

    const auto begin = std::chrono::steady_clock::now();
    std::optional<verify::Engines> engines;  // of a worker; SystemC elaborates once a process
    CampaignResult result;
    {
        const InterruptWatch watch;
        ProgressBar bar("verifying");
        result = verify::run_campaign(
            settings,
            [&](const Case& c) {
                if (!engines) engines.emplace(fault_of(arguments));
                return engines->run(c);
            },
            [&](std::int64_t done) {
                bar.update(static_cast<std::size_t>(done), static_cast<std::size_t>(settings.count));
                return interrupt_seen == 0;
            });
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const Options& options = arguments.options;
    deliver(options, options.json  ? json_of(settings, result, seconds).dump(1) + "\n"
                     : options.csv ? table_of(settings, result).csv()
                                   : text_of(arguments, settings, result, seconds));
    if (result.interrupted) return kInterrupted;
    if (result.failing.empty()) return 0;
    explain(arguments, settings, result.failing.front());
    return kMismatch;
}

int verify_file(const VerifyArguments& arguments) {
    verify::Subject subject;
    subject.program = isa::load_program(arguments.replay);
    sat::require_runnable(subject.program, arguments.replay);
    subject.memory.kind = arguments.memory == "ideal" ? dram::MemoryKind::Ideal : dram::MemoryKind::Ddr4;
    subject.memory.stall_seed = static_cast<std::uint64_t>(arguments.stall_seed);
    subject.rtl_seed = arguments.rtl_seed;
    verify::Engines engines(fault_of(arguments));
    const bool waves = engines.has_waves(subject.program.config);
    std::filesystem::path file;
    if (waves) file = FailureFiles(arguments.waves).waves();
    const verify::Comparison comparison = engines.run(subject, file);

    const Options& options = arguments.options;
    if (options.json) {
        const nlohmann::ordered_json object = {{"program", arguments.replay},
                                               {"mismatching_bits", comparison.bits},
                                               {"mismatching_cycles", comparison.cycles},
                                               {"mismatching_counters", comparison.counters},
                                               {"stopped", comparison.stopped},
                                               {"cycles", comparison.simulated},
                                               {"waves", file.string()}};
        deliver(options, object.dump(1) + "\n");
    } else {
        deliver(options, fmt::format("{}: {} cycles, {} operations\n{}{}", arguments.replay,
                                     grouped(comparison.simulated), grouped(comparison.operations),
                                     verify::report(comparison, subject.program),
                                     waves ? "waves: " + file.string() + "\n" : kNoWaves));
    }
    return comparison.equal() ? 0 : kMismatch;
}

}  // namespace satsim::host
