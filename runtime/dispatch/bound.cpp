#include "runtime/dispatch/bound.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace satsim {
namespace {

double share(Cycles part, Cycles whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

Cycles busy(const Execution& execution, isa::Engine engine) {
    return execution.busy[static_cast<std::size_t>(engine)];
}

}  // namespace

const char* to_string(Bound bound) {
    switch (bound) {
        case Bound::Compute:
            return "compute";
        case Bound::Bandwidth:
            return "bandwidth";
        case Bound::Fill:
            return "fill";
        case Bound::Dependency:
            return "dependency";
        case Bound::Host:
            return "host";
        case Bound::Launch:
            return "launch";
        case Bound::Power:
            return "power";
    }
    return "?";
}

const char* to_string(Provenance provenance) {
    switch (provenance) {
        case Provenance::Simulated:
            return "simulated";
        case Provenance::Modelled:
            return "modelled";
        case Provenance::Measured:
            return "measured";
        case Provenance::Recorded:
            return "recorded";
    }
    return "?";
}

Bound classify(const BoundInput& input) {
    const Execution& execution = input.execution;
    const Cycles cycles = execution.cycles();
    const std::int64_t peak = std::int64_t{input.array.rows} * input.array.columns;
    const double bus = share(execution.memory.read_lines + execution.memory.write_lines, cycles);
    const double movers =
        share(std::max(busy(execution, isa::Engine::Load), busy(execution, isa::Engine::Store)), cycles);
    const double worker = share(busy(execution, input.gemm ? isa::Engine::Stce : isa::Engine::Vec), cycles);
    const double work = input.gemm ? share(execution.counters.mac_slots / peak, cycles) : worker;
    if (work >= kSaturated && work >= bus) return Bound::Compute;
    if (bus >= kSaturated) return Bound::Bandwidth;
    if (worker >= kSaturated && worker >= movers)
        return input.short_interleave ? Bound::Dependency : Bound::Fill;
    if (movers < kSaturated || input.short_interleave) return Bound::Dependency;
    // LOAD or STORE works all the time, though the bus does not. Where LOAD's own port, a line of words a
    // cycle, is fuller than the bus, the buffers cannot be filled faster; otherwise it is short bursts or the
    // memory's latency.
    const std::int64_t line_words = std::int64_t{input.array.line_words()} * input.load_copies;
    const double port = share(execution.counters.load_words / line_words, cycles);
    return port > bus ? Bound::Fill : Bound::Bandwidth;
}

namespace {

// " (M 27 runs as 64, K 147 as 176)": the sizes that are not run as they are.
std::string padded_sizes(const TaskResult& task) {
    std::string text;
    const auto add = [&text](char side, std::int64_t size, std::int64_t executed) {
        if (executed <= size) return;
        text += text.empty() ? fmt::format(" ({} {} runs as {}", side, size, executed)
                             : fmt::format(", {} {} as {}", side, size, executed);
    };
    add('M', task.shape.m, task.executed.m);
    add('N', task.shape.n, task.executed.n);
    add('K', task.shape.k, task.executed.k);
    return text.empty() ? text : text + ")";
}

}  // namespace

std::string shortfall(const TaskResult& task, std::int64_t peak_macs) {
    if (task.kind != "gemm") return "";
    const Execution& execution = task.execution;
    const Cycles cycles = execution.cycles();
    const Macs macs = task.macs_issued / task.times;
    if (share(macs, peak_macs * cycles) >= kGoodUtilization) return "";
    std::string text;
    if (task.array_fit < 0.99)
        text = fmt::format("rounding to the array alone allows {:.0f} %", 100 * task.array_fit);
    const double real = share(macs, execution.counters.mac_slots);
    if (real < 0.99) {
        if (!text.empty()) text.append("; ");
        text += fmt::format("padding: {:.0f} % of MAC slots are real{}", 100 * real, padded_sizes(task));
    }
    const double occupied = share(execution.counters.mac_slots, peak_macs * cycles);
    if (occupied < 0.99) {
        if (!text.empty()) text.append("; ");
        text += fmt::format("MAC slots in {:.0f} % of cycles (", 100 * occupied);
        if (task.slot_fit < 0.99)
            text += fmt::format("tiles of fewer than {} results a USPE allow {:.0f} %; ",
                                isa::timing::kAccInterval, 100 * task.slot_fit);
        text += fmt::format("bus {:.0f} %, LOAD {:.0f} %, STCE {:.0f} %, STORE {:.0f} %",
                            100 * share(execution.memory.read_lines + execution.memory.write_lines, cycles),
                            100 * share(busy(execution, isa::Engine::Load), cycles),
                            100 * share(busy(execution, isa::Engine::Stce), cycles),
                            100 * share(busy(execution, isa::Engine::Store), cycles));
        const double moved = share(task.dram_bytes, task.compulsory_bytes);
        if (moved >= 1.1) text += fmt::format("; {:.2f} times the compulsory bytes", moved);
        text += ")";
    }
    return text;
}

}  // namespace satsim
