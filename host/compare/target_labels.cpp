#include "host/compare/target_labels.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/dispatch/bound.hpp"

namespace satsim::host {
namespace {

// The name with at most `folders` of its path.
std::string cut(const std::string& name, int folders) {
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos) return name;
    const std::size_t colon = name.find(':');
    const std::size_t path = colon < slash ? colon + 1 : 0;
    std::size_t begin = name.size();
    for (int i = 0; i <= folders; ++i) {
        const std::size_t mark = begin > path ? name.rfind('/', begin - 1) : std::string::npos;
        if (mark == std::string::npos || mark < path) return name;
        begin = mark;
    }
    return name.substr(0, path) + name.substr(begin + 1);
}

}  // namespace

std::string provenance_label(const TargetRun& run) {
    const double busy = busy_work(run).seconds;
    const double share = busy > 0 ? run.modelled_seconds() / busy : 0;
    return share < 0.0005 ? to_string(run.provenance())
                          : fmt::format("{}, {:.1f} % modelled", to_string(run.provenance()), 100 * share);
}

TableCell marked_joules(const TargetRun& run, double joules) {
    TableCell cell = joule_cell(joules);
    if (run.energy_basis == EnergyBasis::Assumed) cell.text += " (assumed)";
    return cell;
}

std::vector<std::string> short_names(std::span<const TargetRun> runs) {
    std::vector<std::string> names;
    for (const TargetRun& run : runs) names.push_back(cut(run.name, 0));
    for (const int folders : {1, -1}) {
        const std::vector<std::string> before = names;
        for (std::size_t i = 0; i < runs.size(); ++i)
            if (std::ranges::count(before, before[i]) > 1)
                names[i] = folders < 0 ? runs[i].name : cut(runs[i].name, folders);
    }
    return names;
}

std::vector<std::string> column_titles(std::span<const TargetRun> runs) {
    std::vector<std::string> titles = short_names(runs);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        std::string label = provenance_label(runs[i]);
        if (const std::size_t comma = label.find(", "); comma != std::string::npos) label[comma + 1] = '\n';
        titles[i] += "\n(" + label + (runs[i].fits() ? ")" : ";\ndoes not fit its memory)");
    }
    return titles;
}

}  // namespace satsim::host
