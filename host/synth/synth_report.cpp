#include "host/synth/synth_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace satsim::host {
namespace {

using synth::Block;
using synth::Resources;

constexpr std::array<int, 3> kTargets = {200, 250, 300};  // MHz

std::string halves(std::int64_t bram18) {
    return bram18 % 2 == 0 ? grouped(bram18 / 2) : grouped(bram18 / 2) + ".5";
}

std::string share(std::int64_t part, std::int64_t whole) {
    if (whole == 0) return part == 0 ? "-" : "none there";
    return fmt::format("{:.1f} %", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

bool misses(const Block& block, int megahertz) {
    return block.longest.ns > 1000.0 / megahertz;
}

std::vector<std::string> resource_cells(const Resources& used) {
    return {grouped(used.lut), grouped(used.ff), grouped(used.dsp), halves(used.bram18), grouped(used.uram)};
}

void append(std::vector<std::string>& cells, const std::vector<std::string>& more) {
    cells.insert(cells.end(), more.begin(), more.end());
}

nlohmann::ordered_json resources_json(const Resources& used) {
    return {{"lut", used.lut},
            {"ff", used.ff},
            {"dsp", used.dsp},
            {"bram36", used.bram36()},
            {"uram", used.uram}};
}

nlohmann::ordered_json block_json(const Block& block) {
    nlohmann::ordered_json object = {{"name", block.name}, {"instances", block.count()}};
    object.update(resources_json(block.resources));
    object["lut_pairs"] = block.lut_pairs;
    object["lut_wires"] = block.resources.wires;
    object["logic_levels"] = block.longest.levels;
    object["path_ns"] = block.longest.ns;
    object["path_from"] = block.longest.from;
    object["path_to"] = block.longest.to;
    object["memory_faults"] = nlohmann::ordered_json::array();
    for (const synth::MemoryUse& use : block.memories) {
        if (const std::string fault = use.fault(); !fault.empty())
            object["memory_faults"].push_back(use.name + " " + fault);
    }
    return object;
}

nlohmann::ordered_json regions_json(const SynthesizedConfiguration& configuration) {
    nlohmann::ordered_json regions = nlohmann::ordered_json::array();
    for (const synth::RegionUse& use : configuration.regions) {
        nlohmann::ordered_json region = {
            {"name", use.region}, {"first_row", use.first_row}, {"rows", use.rows}, {"groups", use.groups}};
        region.update(resources_json(use.used));
        region["available"] = resources_json(use.available);
        region["utilization"] = use.utilization;
        region["lut_wires"] = use.used.wires;
        region["utilization_with_wires"] = use.utilization_with_wires;
        regions.push_back(region);
    }
    return regions;
}

}  // namespace

std::string SynthesizedConfiguration::name() const {
    return fmt::format("{}x{}, M={}", array.rows, array.columns, array.max_m);
}

double SynthesizedConfiguration::peak_gflops() const {
    return 2.0 * array.rows * array.columns * clock_hz / 1e9;
}

double SynthesizedConfiguration::fullest() const {
    double most = 0;
    for (const synth::RegionUse& use : regions) most = std::max(most, use.utilization);
    return most;
}

Table block_table(const SynthReport& report) {
    Table table({"<block", "instances", "LUT", "FF", "DSP", "BRAM36", "URAM", "pairs", "wires", "LUT in all",
                 "levels", "ns", "MHz"});
    for (const Block& block : report.main.synthesis.blocks) {
        std::vector<std::string> cells{block.name, grouped(block.count())};
        append(cells, resource_cells(block.resources));
        append(cells,
               {grouped(block.lut_pairs), grouped(block.resources.wires),
                grouped(block.resources.times(block.count()).lut), std::to_string(block.longest.levels),
                fmt::format("{:.2f}", block.longest.ns), fmt::format("{:.0f}", block.longest.megahertz())});
        table.row(std::move(cells));
    }
    return table;
}

Table total_table(const SynthReport& report) {
    Table table({"<", "LUT", "FF", "DSP", "BRAM36", "URAM"});
    const Resources& used = report.main.synthesis.total;
    const auto line = [&table](const std::string& name, std::vector<std::string> values) {
        values.insert(values.begin(), name);
        table.row(std::move(values));
    };
    const auto shares = [&used](const Resources& of) -> std::vector<std::string> {
        return {share(used.lut, of.lut), share(used.ff, of.ff), share(used.dsp, of.dsp),
                share(used.bram18, of.bram18), share(used.uram, of.uram)};
    };
    line("design", resource_cells(used));
    line(report.device.name, resource_cells(report.device.total));
    line("of it", shares(report.device.total));
    line("under a shell", resource_cells(report.device.shell_total));
    line("of it", shares(report.device.shell_total));
    return table;
}

Table region_table(const SynthReport& report) {
    Table table(
        {"<region", "rows", "<groups", "LUT", "of", "FF", "DSP", "BRAM36", "URAM", "fullest", "with wires"});
    for (const synth::RegionUse& use : report.main.regions) {
        const std::string rows =
            use.rows == 0 ? "none" : fmt::format("{}..{}", use.first_row, use.first_row + use.rows - 1);
        table.row({use.region, rows, fmt::format("{}", fmt::join(use.groups, ", ")), grouped(use.used.lut),
                   grouped(use.available.lut), share(use.used.ff, use.available.ff),
                   share(use.used.dsp, use.available.dsp), share(use.used.bram18, use.available.bram18),
                   share(use.used.uram, use.available.uram), fmt::format("{:.1f} %", 100 * use.utilization),
                   fmt::format("{:.1f} %", 100 * use.utilization_with_wires)});
    }
    return table;
}

Table slow_table(const SynthReport& report) {
    Table table({"<block", "ns", "levels", "<misses", "<from", "<to"});
    std::vector<const Block*> slow;
    for (const Block& block : report.main.synthesis.blocks) {
        if (misses(block, kTargets.back())) slow.push_back(&block);
    }
    std::stable_sort(slow.begin(), slow.end(),
                     [](const Block* a, const Block* b) { return a->longest.ns > b->longest.ns; });
    for (const Block* block : slow) {
        std::string missed;
        for (const int target : kTargets) {
            if (misses(*block, target)) missed += fmt::format("{}{}", missed.empty() ? "" : ", ", target);
        }
        table.row({block->name, fmt::format("{:.2f}", block->longest.ns),
                   std::to_string(block->longest.levels), missed, block->longest.from, block->longest.to});
    }
    return table;
}

Table memory_table(const SynthReport& report, bool faults_only) {
    Table table({"<block", "<memory", "number", "words", "bits", "<asked for", "<cells of all", "<fault"});
    for (const Block& block : report.main.synthesis.blocks) {
        for (const synth::MemoryUse& use : block.memories) {
            const std::string fault = use.fault();
            if (faults_only && fault.empty()) continue;
            std::string cells;
            for (const auto& [type, number] : use.cells)
                cells += fmt::format("{}{} {}", cells.empty() ? "" : ", ", grouped(number), type);
            table.row({block.name, use.name, grouped(use.memories), grouped(use.words), grouped(use.width),
                       use.style.empty() ? "-" : use.style, cells.empty() ? "-" : cells,
                       fault.empty() ? "-" : fault});
        }
    }
    return table;
}

Table sweep_table(const SynthReport& report) {
    Table table({"<array", "peak GFLOP/s", "LUT", "FF", "DSP", "BRAM36", "URAM", "fullest region", "<fits"});
    for (const SynthesizedConfiguration& configuration : report.sweep) {
        std::vector<std::string> cells{configuration.name(),
                                       fmt::format("{:.1f}", configuration.peak_gflops())};
        if (!configuration.refusal.empty()) {
            append(cells,
                   {"-", "-", "-", "-", "-", "-", fmt::format("not built: {}", configuration.refusal)});
        } else {
            append(cells, resource_cells(configuration.synthesis.total));
            append(cells, {fmt::format("{:.1f} %", 100 * configuration.fullest()),
                           configuration.fullest() <= kFillLimit ? "yes" : "no"});
        }
        table.row(std::move(cells));
    }
    return table;
}

std::string clock_text(const SynthReport& report) {
    std::string text;
    for (const int target : kTargets) {
        const Block* worst = nullptr;
        std::size_t number = 0;
        for (const Block& block : report.main.synthesis.blocks) {
            number += misses(block, target) ? 1 : 0;
            if (worst == nullptr || block.longest.ns > worst->longest.ns) worst = &block;
        }
        if (worst == nullptr) return text;
        text += number == 0 ? fmt::format("{} MHz: met by all blocks, {:.2f} ns to spare ({}).\n", target,
                                          1000.0 / target - worst->longest.ns, worst->name)
                            : fmt::format("{} MHz: missed by {} of {} blocks, by {:.2f} ns at worst ({}).\n",
                                          target, number, report.main.synthesis.blocks.size(),
                                          worst->longest.ns - 1000.0 / target, worst->name);
    }
    return text;
}

std::string fill_text(const SynthesizedConfiguration& configuration) {
    std::string above;
    std::string fullest;
    double most_with_wires = 0;
    std::string fullest_with_wires;
    for (const synth::RegionUse& use : configuration.regions) {
        const std::string filled = fmt::format("{} ({:.1f} %)", use.region, 100 * use.utilization);
        if (use.utilization > kFillLimit) above += fmt::format("{}{}", above.empty() ? "" : ", ", filled);
        if (use.utilization == configuration.fullest()) fullest = filled;
        if (use.utilization_with_wires <= most_with_wires) continue;
        most_with_wires = use.utilization_with_wires;
        fullest_with_wires = fmt::format("{} ({:.1f} %)", use.region, 100 * use.utilization_with_wires);
    }
    const std::string counted =
        above.empty() ? fmt::format("No region is filled to more than {:.0f} %; the fullest is {}.\n",
                                    100 * kFillLimit, fullest)
                      : fmt::format("Filled to more than {:.0f} %: {}.\n", 100 * kFillLimit, above);
    return counted +
           fmt::format("With the wires into carry chains as LUTs the fullest is {}.\n", fullest_with_wires);
}

std::string synth_text(const SynthReport& report) {
    std::string text =
        fmt::format("SAT {} on {}: estimates of {}, upper bounds\n\n{}\n", report.main.name(),
                    report.device.name, report.main.synthesis.yosys, block_table(report).text());
    if (report.whole) {
        text +=
            total_table(report).text() + "\n" + region_table(report).text() + fill_text(report.main) + "\n";
    }
    text += clock_text(report);
    const Table faults = memory_table(report, true);
    text += faults.empty()
                ? "All memories are what they were meant to be.\n"
                : fmt::format("\nMemories that are not what they were meant to be:\n{}", faults.text());
    if (!report.sweep.empty()) text += fmt::format("\n{}", sweep_table(report).text());
    return text;
}

nlohmann::ordered_json synth_json(const SynthReport& report) {
    nlohmann::ordered_json object = {{"device", report.device.name},
                                     {"array", report.main.name()},
                                     {"yosys", report.main.synthesis.yosys},
                                     {"estimate", "upper bound"},
                                     {"blocks", nlohmann::ordered_json::array()}};
    for (const Block& block : report.main.synthesis.blocks) object["blocks"].push_back(block_json(block));
    object["total"] = resources_json(report.main.synthesis.total);
    if (report.whole) object["regions"] = regions_json(report.main);
    if (report.sweep.empty()) return object;
    object["sweep"] = nlohmann::ordered_json::array();
    for (const SynthesizedConfiguration& configuration : report.sweep) {
        nlohmann::ordered_json entry = {{"array", configuration.name()},
                                        {"peak_gflops", configuration.peak_gflops()}};
        if (!configuration.refusal.empty()) {
            entry["refused"] = configuration.refusal;
        } else {
            entry["total"] = resources_json(configuration.synthesis.total);
            entry["regions"] = regions_json(configuration);
            entry["fits"] = configuration.fullest() <= kFillLimit;
        }
        object["sweep"].push_back(entry);
    }
    return object;
}

}  // namespace satsim::host
