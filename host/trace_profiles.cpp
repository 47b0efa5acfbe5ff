#include "host/trace_profiles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "host/file_types.hpp"
#include "host/options.hpp"
#include "host/table.hpp"
#include "runtime/gzip/gzip.hpp"
#include "runtime/trace/chrome_trace.hpp"
#include "runtime/trace_import/diff.hpp"
#include "runtime/trace_import/lanes.hpp"

namespace satsim::host {
namespace {

using nlohmann::ordered_json;

// Kernel names are whole C++ signatures.
constexpr std::size_t kNameWidth = 60;
// Kernels and changes shown to people; --json and --csv have all.
constexpr std::size_t kShown = 20;

struct Arguments {
    Options options;
    std::string first;
    std::string second;
    std::string trace;
};

std::string cut(const std::string& name) {
    return name.size() <= kNameWidth ? name : name.substr(0, kNameWidth - 3) + "...";
}

std::string microseconds(double us) {
    return time_text(us * 1e-6);
}

std::string percent(double part, double whole) {
    return whole > 0 ? fmt::format("{:.1f} %", 100 * part / whole) : "-";
}

struct NamedSum {
    std::string name;
    ProfileSum sum;
};

// Longest first.
std::vector<NamedSum> sums_by(const TraceProfile& profile, std::string ProfileEntry::*field) {
    std::map<std::string, ProfileSum> sums;
    for (const ProfileEntry& entry : profile.entries) sums[entry.*field].add(entry);
    std::vector<NamedSum> sorted;
    for (auto& [name, sum] : sums) sorted.push_back({name, std::move(sum)});
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const NamedSum& a, const NamedSum& b) { return a.sum.busy_us > b.sum.busy_us; });
    return sorted;
}

ordered_json head_json(const TraceProfile& profile) {
    return {{"file", profile.file},
            {"source", to_string(profile.source)},
            {"machine", profile.machine},
            {"provenance", profile.provenance},
            {"pieces", profile.entries.size()},
            {"modelled_s", profile.modelled_us() * 1e-6},
            {"unattributed", profile.unattributed},
            {"unended", profile.unended},
            {"busy_s", profile.busy_us() * 1e-6},
            {"covered_s", profile.covered_us() * 1e-6},
            {"wall_s", profile.wall_us() * 1e-6}};
}

// As compare prints it: "recorded, 5.8 % modelled".
std::string provenance_text(const TraceProfile& profile) {
    const double share = profile.busy_us() > 0 ? profile.modelled_us() / profile.busy_us() : 0;
    if (share < 0.0005) return profile.provenance;
    return fmt::format("{}, {:.1f} % modelled", profile.provenance, 100 * share);
}

// What streams do at the same time counts once in "busy", which is why it never is more than the whole.
std::string time_text_of(const TraceProfile& profile) {
    std::string text;
    const std::size_t tracks = profile.tracks();
    // Of one stream the sum tells something else only where slices overlap without nesting.
    if (tracks > 1 || microseconds(profile.busy_us()) != microseconds(profile.covered_us()))
        text = fmt::format("{} in sum over {} stream{}, ", microseconds(profile.busy_us()), tracks,
                           tracks == 1 ? "" : "s");
    return text +
           fmt::format("busy {} of {}", microseconds(profile.covered_us()), microseconds(profile.wall_us()));
}

std::string head_text(const TraceProfile& profile) {
    std::string text =
        fmt::format("{}: {} trace{}, {}, {} pieces of work, {}", profile.file, to_string(profile.source),
                    profile.machine.empty() ? "" : " of " + profile.machine, provenance_text(profile),
                    profile.entries.size(), time_text_of(profile));
    if (profile.unattributed > 0)
        text += fmt::format(", {} of them launched outside the file", profile.unattributed);
    if (profile.unended > 0)
        text +=
            fmt::format(", slices without an end in the file: {}, taken to its last time", profile.unended);
    return text + "\n";
}

ordered_json sum_json(const ProfileSum& sum) {
    return {{"pieces", sum.pieces}, {"busy_s", sum.busy_us * 1e-6}, {"longest", sum.longest}};
}

Table group_table(const TraceProfile& profile) {
    Table table({"<layer", "<stage", "pieces", "time", "share", "<longest piece"});
    for (const ProfileGroup& group : by_layer(profile))
        table.row({group.layer, group.stage, grouped(static_cast<std::int64_t>(group.sum.pieces)),
                   microseconds(group.sum.busy_us), percent(group.sum.busy_us, profile.busy_us()),
                   cut(group.sum.longest)});
    return table;
}

Table named_table(const char* what, const std::vector<NamedSum>& sums, double whole) {
    Table table({what, "pieces", "time", "share"});
    for (std::size_t i = 0; i < std::min(sums.size(), kShown); ++i)
        table.row({cut(sums[i].name), grouped(static_cast<std::int64_t>(sums[i].sum.pieces)),
                   microseconds(sums[i].sum.busy_us), percent(sums[i].sum.busy_us, whole)});
    return table;
}

ordered_json profile_json(const TraceProfile& profile) {
    ordered_json object = head_json(profile);
    object["layers"] = ordered_json::array();
    for (const ProfileGroup& group : by_layer(profile)) {
        ordered_json layer = {{"name", group.layer}, {"stage", group.stage}};
        layer.update(sum_json(group.sum));
        object["layers"].push_back(std::move(layer));
    }
    const auto list = [&](const char* key, std::string ProfileEntry::*field) {
        object[key] = ordered_json::array();
        for (const NamedSum& sum : sums_by(profile, field))
            object[key].push_back(
                {{"name", sum.name}, {"pieces", sum.sum.pieces}, {"busy_s", sum.sum.busy_us * 1e-6}});
    };
    list("kernels", &ProfileEntry::name);
    list("streams", &ProfileEntry::track);
    return object;
}

// The profile as satsim's own kind of trace: one track a stream, layer and stage in the arguments. Slices
// that overlap without nesting get a track of their own: a viewer would draw one over the other.
std::string rewritten(const TraceProfile& profile) {
    const auto nanoseconds = [&profile](double us) {
        // A file may name any time; the cast below needs one that fits.
        return std::min(std::round((us - profile.entries.front().start_us) * 1e3), 9e18);
    };
    ChromeTrace trace;
    trace.note("tool", "satsim");
    trace.note("imported", profile.file);
    trace.process(1,
                  fmt::format("{} ({})", profile.machine.empty() ? profile.file : profile.machine,
                              provenance_text(profile)),
                  1);
    std::map<std::string, trace_import::Lanes> streams;
    std::map<std::pair<std::string, std::size_t>, int> tracks;
    for (const ProfileEntry& entry : profile.entries) {
        trace_import::Lanes& lanes =
            streams.try_emplace(entry.track, std::floor(profile.resolution_us * 1e3)).first->second;
        const auto placed = lanes.add(nanoseconds(entry.start_us), nanoseconds(entry.end_us), 0);
        const auto [track, is_new] =
            tracks.try_emplace({entry.track, placed.lane}, static_cast<int>(tracks.size()) + 1);
        if (is_new)
            trace.track(
                1, track->second,
                placed.lane == 0 ? entry.track : fmt::format("{}, lane {}", entry.track, placed.lane + 1),
                track->second);
        trace.slice(1, track->second, entry.name, entry.kind, static_cast<Nanoseconds>(placed.start),
                    static_cast<Nanoseconds>(placed.end),
                    {{"layer", entry.layer},
                     {"stage", entry.stage.empty() ? "-" : entry.stage},
                     {"provenance", entry.provenance}});
    }
    return trace.json();
}

int import(const Arguments& arguments) {
    const Options& options = arguments.options;
    const TraceProfile profile = load_profile(arguments.first);
    if (!arguments.trace.empty()) write_text(arguments.trace, rewritten(profile));
    if (options.json)
        deliver(options,
                profile_json(profile).dump(1, ' ', true, ordered_json::error_handler_t::replace) + "\n");
    else if (options.csv)
        deliver(options, group_table(profile).csv());
    else
        deliver(
            options,
            fmt::format(
                "{}\n{}\n{}\n{}", head_text(profile), group_table(profile).text(),
                named_table("<kernel", sums_by(profile, &ProfileEntry::name), profile.busy_us()).text(),
                named_table("<stream", sums_by(profile, &ProfileEntry::track), profile.busy_us()).text()));
    return 0;
}

Table diff_table(const std::vector<DiffRow>& rows, double change, std::size_t most) {
    Table table({"<layer", "<stage", "A", "pieces", "B", "pieces", "B - A", "of the difference", "B / A",
                 "<longest piece of A", "<longest piece of B"});
    const auto pieces = [](const ProfileSum& sum) { return std::to_string(sum.pieces); };
    for (std::size_t i = 0; i < std::min(rows.size(), most); ++i) {
        const DiffRow& row = rows[i];
        table.row(
            {row.layer, row.stage, row.a.pieces > 0 ? microseconds(row.a.busy_us) : "-", pieces(row.a),
             row.b.pieces > 0 ? microseconds(row.b.busy_us) : "-", pieces(row.b),
             fmt::format("{}{}", row.change_us() < 0 ? "-" : "+", microseconds(std::abs(row.change_us()))),
             change != 0 ? fmt::format("{:.1f} %", 100 * row.change_us() / change) : "-",
             row.a.busy_us > 0 && row.b.pieces > 0 ? fmt::format("{:.3f}", row.b.busy_us / row.a.busy_us)
                                                   : "-",
             cut(row.a.longest), cut(row.b.longest)});
    }
    return table;
}

ordered_json diff_json(const TraceProfile& a, const TraceProfile& b, const std::vector<DiffRow>& rows) {
    ordered_json object = {{"a", head_json(a)}, {"b", head_json(b)}, {"rows", ordered_json::array()}};
    object["change_s"] = (b.busy_us() - a.busy_us()) * 1e-6;
    for (const DiffRow& row : rows)
        object["rows"].push_back({{"name", row.layer},
                                  {"stage", row.stage},
                                  {"a", sum_json(row.a)},
                                  {"b", sum_json(row.b)},
                                  {"change_s", row.change_us() * 1e-6}});
    return object;
}

int diff_traces(const Arguments& arguments) {
    const Options& options = arguments.options;
    const TraceProfile a = load_profile(arguments.first);
    const TraceProfile b = load_profile(arguments.second);
    const std::vector<DiffRow> rows = diff(a, b);
    const double change = b.busy_us() - a.busy_us();
    std::size_t shared = 0;
    for (const DiffRow& row : rows) shared += row.a.pieces > 0 && row.b.pieces > 0 ? 1 : 0;
    if (options.json) {
        deliver(options,
                diff_json(a, b, rows).dump(1, ' ', true, ordered_json::error_handler_t::replace) + "\n");
    } else if (options.csv) {
        deliver(options, diff_table(rows, change, rows.size()).csv());
    } else {
        deliver(options,
                fmt::format(
                    "A: {}B: {}\n{}\n{} of {} layers and stages are in both{}; time of all work A {}, B {} "
                    "({:.3f} of A)\n",
                    head_text(a), head_text(b), diff_table(rows, change, kShown).text(), shared, rows.size(),
                    rows.size() > kShown ? fmt::format(", the {} largest changes are shown", kShown) : "",
                    microseconds(a.busy_us()), microseconds(b.busy_us()),
                    a.busy_us() > 0 ? b.busy_us() / a.busy_us() : 0.0));
    }
    return 0;
}

}  // namespace

void add_trace_profiles(CLI::App& trace, Action& action) {
    auto imported = std::make_shared<Arguments>();
    CLI::App* import_command = trace.add_subcommand(
        "import", "kernels, streams and layers of a PyTorch profiler (Kineto) or Chrome trace");
    import_command->footer("Example: satsim trace import profile.json --rewrite profile.satsim.json");
    import_command
        ->add_option("trace", imported->first,
                     "trace file, may be compressed by gzip; an array of events may lack its end; of "
                     "satsim's: FILE#2 is the second process")
        ->type_name(file_type::kTrace)
        ->required();
    import_command
        ->add_option("--rewrite", imported->trace,
                     "write it to this file with one track a stream (more where its slices overlap without "
                     "nesting) and layer and stage in every slice")
        ->type_name(file_type::kOutput);
    imported->options.add_format(*import_command, "formats/trace.md");
    import_command->callback([imported, &action] { action = [imported] { return import(*imported); }; });

    auto compared = std::make_shared<Arguments>();
    CLI::App* diff_command =
        trace.add_subcommand("diff", "two traces by layer and stage: where the time went differently");
    diff_command->footer("Example: satsim trace diff step.json#1 step.json#2");
    diff_command
        ->add_option("a", compared->first,
                     "trace of satsim (FILE#2: its second process), PyTorch's profiler or Chrome")
        ->type_name(file_type::kTrace)
        ->required();
    diff_command->add_option("b", compared->second, "the trace to compare with it")
        ->type_name(file_type::kTrace)
        ->required();
    compared->options.add_format(*diff_command, "formats/trace.md");
    diff_command->callback([compared, &action] { action = [compared] { return diff_traces(*compared); }; });
}

}  // namespace satsim::host
