// How synthesis estimates look: tables, JSON, and the page docs/synthesis.md.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/table.hpp"
#include "runtime/synth/floorplan.hpp"
#include "runtime/synth/synthesis.hpp"

namespace satsim::host {

// One configuration and what became of it.
struct SynthesizedConfiguration {
    isa::ArrayConfig array;
    double clock_hz = 0;
    std::string refusal;  // why the RTL cannot be built so; then nothing below means anything
    synth::Synthesis synthesis;
    std::vector<synth::RegionUse> regions;

    [[nodiscard]] std::string name() const;    // "32x32, M=8"
    [[nodiscard]] double peak_gflops() const;  // dense FP16, a multiply and an add a PE and cycle
    [[nodiscard]] double fullest() const;      // utilization of the fullest region
};

// Share of a region that a configuration may fill.
inline constexpr double kFillLimit = 0.8;

struct SynthReport {
    synth::Device device;
    SynthesizedConfiguration main;
    std::vector<SynthesizedConfiguration> sweep;
    bool whole = true;  // all blocks of the design, not one alone
    // provenance
    std::string command;
    std::string sources;  // state of the RTL
};

[[nodiscard]] Table block_table(const SynthReport& report);
[[nodiscard]] Table total_table(const SynthReport& report);
[[nodiscard]] Table region_table(const SynthReport& report);
[[nodiscard]] Table slow_table(const SynthReport& report);  // blocks that miss 200, 250 or 300 MHz
[[nodiscard]] Table memory_table(const SynthReport& report, bool faults_only);
[[nodiscard]] Table sweep_table(const SynthReport& report);
// Which regions are filled beyond kFillLimit, or that none is, and what wires into carry chains add.
[[nodiscard]] std::string fill_text(const SynthesizedConfiguration& configuration);
// One sentence a target frequency: how many blocks miss it and by how much.
[[nodiscard]] std::string clock_text(const SynthReport& report);

[[nodiscard]] std::string synth_text(const SynthReport& report);
[[nodiscard]] nlohmann::ordered_json synth_json(const SynthReport& report);
[[nodiscard]] std::string synth_document(const SynthReport& report);

}  // namespace satsim::host
