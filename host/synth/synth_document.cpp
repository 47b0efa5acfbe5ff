// The page docs/synthesis.md: figures with the rules by which they were made.
#include <fmt/format.h>

#include "host/synth/synth_report.hpp"

namespace satsim::host {
namespace {

// gemm_hls, the best published FP16 GEMM on this card.
constexpr double kPublishedGflops = 462;
constexpr const char* kPublishedSource =
    "gemm_hls (de Fine Licht et al.), README: 462 GFLOP/s FP16 on a VCU1525";

std::string delay_table(const synth::Device& device) {
    Table table({"<delay", "ns", "<source", "<verified"});
    for (const synth::NamedDelay& delay : synth::named_delays()) {
        const Figure& figure = device.delays.*delay.figure;
        table.row(
            {delay.name, fmt::format("{:.2f}", figure.value), figure.source, figure.verified ? "yes" : "no"});
    }
    return table.markdown();
}

std::string provenance(const SynthReport& report) {
    return fmt::format(
        "# Synthesis estimates: SAT {} on {}\n\n"
        "Written by `satsim synth`; do not edit. Made by `{}` with {} from the RTL of {}. All figures are\n"
        "**Yosys estimates and upper bounds**: no place and route has been run, no register is packed into a "
        "DSP block or a RAM,\n"
        "and carry chains are made of CARRY4. LUTs that only lead into those (`wires`) are in no figure but "
        "those `with wires`.\n\n",
        report.main.name(), report.device.name, report.command, report.main.synthesis.yosys, report.sources);
}

std::string rules(const SynthReport& report) {
    const synth::Delays& d = report.device.delays;
    const double level = d.lut.value + d.net.value;
    return fmt::format(
        "## Rules\n\n"
        "* `rtl/synth/blocks.json` names the modules that are kept whole. Each of them, with each set of "
        "parameters, is mapped once by\n"
        "  `synth_xilinx -family {} -noiopad -noclkbuf -nowidelut -flatten`, with the blocks in it as black "
        "boxes, and counted as often as the design\n"
        "  holds it. Blocks that differ only by a number (`ROW` of `west_row`) are represented by that of "
        "the highest number.\n"
        "* A LUT of one to six inputs is one LUT. Two that share an input and have at most five together are "
        "one LUT with two outputs (LUT6_2): `pairs` counts them.\n"
        "  LUTs that feed a carry chain are paired only with the other one of the same carry bit. Pairs are "
        "found greedily, so more may be possible. A distributed RAM takes the LUTs that hold its bits, once "
        "a "
        "read port\n"
        "  (RAM32M16: 8, RAM64M8: 8, RAM64X1D: 2; of the first two, where at most three data pins are used, "
        "4: that is a RAM32M or RAM64M, which Yosys does not make); a shift register of up to 32 bits takes "
        "one. Carry chains "
        "and inverters take none.\n"
        "* A path goes from clock edge to clock edge. A level of logic is a LUT and the net before it, "
        "{:.2f} + {:.2f} = **{:.2f} ns**; between a LUT and the carry\n"
        "  chain or flip-flop of its slice lies no net. All nets cost the same, whatever their fan-out and "
        "their way, so long ways and crossings of regions come on\n"
        "  top. A port of a block counts as a register outside; ways through several blocks are found in the "
        "block that holds them.\n"
        "  Levels are LUTs, reads of distributed RAM, DSP blocks and runs of carry cells.\n"
        "* The split over regions keeps array rows whole and in order, from one end of the device to the "
        "other, every other group of blocks in one region, the north buffers with\n"
        "  the first row and the results with the last, and takes the split whose fullest region is least "
        "full, wires into carry chains counted as LUTs.\n"
        "  It counts; it does not place. The aim is at most {:.0f} % of each region. `with wires` is how "
        "full "
        "the fullest resource is where wires into carry chains count as LUTs.\n\n{}\n",
        report.device.yosys_family, d.lut.value, d.net.value, level, 100 * kFillLimit,
        delay_table(report.device));
}

std::string capacity(const SynthReport& report) {
    return fmt::format(
        "## Resources\n\nBlocks inside a block are not counted in it.\n\n{}\n{}\nWires into carry chains, "
        "not in these: {} LUTs.\nSources: {}; under a shell: {}.\n\n"
        "## Regions under a shell\n\n{}\n{}\n",
        block_table(report).markdown(), total_table(report).markdown(),
        grouped(report.main.synthesis.total.wires), report.device.total_source, report.device.shell_source,
        region_table(report).markdown(), fill_text(report.main));
}

std::string clocks(const SynthReport& report) {
    const Table slow = slow_table(report);
    std::string text = fmt::format("## Clock\n\n{}\n", clock_text(report));
    if (!slow.empty())
        text += fmt::format("Blocks that miss 200, 250 or 300 MHz, with their longest path:\n\n{}\n",
                            slow.markdown());
    return text;
}

std::string memories(const SynthReport& report) {
    const Table faults = memory_table(report, true);
    const std::string first = faults.empty()
                                  ? "Every memory is what its source asks for."
                                  : fmt::format("Not what was meant:\n\n{}\nAll:", faults.markdown());
    return fmt::format("## Memories\n\n{}\n\n{}\n", first, memory_table(report, false).markdown());
}

std::string sweep(const SynthReport& report) {
    if (report.sweep.empty()) return "";
    std::string text = fmt::format(
        "## What else fits\n\nOther parameters as in the hardware file. Peak: dense FP16, two operations a "
        "PE and cycle at {:.0f} MHz. Best published FP16 "
        "GEMM\non this card: {:.0f} GFLOP/s ({}).\n\n{}\n",
        report.main.clock_hz / 1e6, kPublishedGflops, kPublishedSource, sweep_table(report).markdown());
    for (const SynthesizedConfiguration& configuration : report.sweep) {
        text += fmt::format("* {}: {:.0f} % of the published figure{}.\n", configuration.name(),
                            100 * configuration.peak_gflops() / kPublishedGflops,
                            !configuration.refusal.empty()         ? ", not built by this RTL"
                            : configuration.fullest() > kFillLimit ? ", does not fit"
                                                                   : "");
    }
    return text;
}

}  // namespace

std::string synth_document(const SynthReport& report) {
    return provenance(report) + rules(report) + capacity(report) + clocks(report) + memories(report) +
           sweep(report);
}

}  // namespace satsim::host
