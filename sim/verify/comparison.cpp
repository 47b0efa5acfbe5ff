#include "sim/verify/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <set>

#include "runtime/isa/assembler.hpp"
#include "runtime/isa/names.hpp"
#include "runtime/isa/stream_walker.hpp"

namespace satsim::verify {
namespace {

std::int64_t differing_bits(const MemoryImage& a, const MemoryImage& b) {
    std::set<std::int64_t> pages;
    for (const auto& [page, bytes] : a.pages()) pages.insert(page);
    for (const auto& [page, bytes] : b.pages()) pages.insert(page);
    std::int64_t bits = 0;
    for (const std::int64_t page : pages) {
        MemoryImage::Page ours{};
        MemoryImage::Page theirs{};
        a.read(page * MemoryImage::kPageBytes, ours);
        b.read(page * MemoryImage::kPageBytes, theirs);
        for (std::size_t i = 0; i < ours.size(); ++i)
            bits += std::popcount(static_cast<unsigned>(ours[i] ^ theirs[i]));
    }
    return bits;
}

std::optional<OperationRecord> record_at(const Execution& execution, std::size_t engine, std::size_t i) {
    const auto& records = execution.operations[engine];
    return i < records.size() ? std::optional(records[i]) : std::nullopt;
}

int differing_values(const OperationRecord& a, const OperationRecord& b) {
    return (a.start != b.start ? 1 : 0) + (a.release != b.release ? 1 : 0) + (a.end != b.end ? 1 : 0);
}

Cycles first_start(const OperationDifference& difference) {
    if (!difference.cycle) return difference.rtl->start;
    if (!difference.rtl) return difference.cycle->start;
    return std::min(difference.cycle->start, difference.rtl->start);
}

void compare_bound(const char* what, Cycles cycle, Cycles rtl, Comparison& result) {
    if (cycle == rtl) return;
    ++result.cycles;
    if (result.first_bound.empty())
        result.first_bound = fmt::format("the program's {}: cycle {}, rtl {}", what, cycle, rtl);
}

std::string record_text(const std::optional<OperationRecord>& record) {
    if (!record) return "no such operation";
    return fmt::format("start {}, release {}, end {}", record->start, record->release, record->end);
}

// "STCE instruction 12, RUN FIRST|LAST end=sem2, with groups=3 sr=4": operation `number` of its engine.
std::string operation_text(const isa::Program& program, isa::Engine engine, std::size_t number) {
    isa::StreamWalker walker(engine, program.streams[static_cast<std::size_t>(engine)]);
    for (std::size_t run = 0; const isa::Instruction* i = walker.next(); walker.pass()) {
        if (i->opcode != isa::Opcode::Run || run++ != number) continue;
        std::string text = fmt::format("{} instruction {}, {}, with", isa::name_of(engine), walker.position(),
                                       isa::instruction_text(engine, *i));
        const auto names = isa::register_names(engine);
        for (std::size_t r = 0; r < names.size(); ++r)
            fmt::format_to(std::back_inserter(text), " {}={}", names[r], walker.registers()[r]);
        return text;
    }
    return std::string(isa::name_of(engine)) + ": the program has no such operation";
}

}  // namespace

void compare_memories(const MemoryImage& expected, const MemoryImage& found, const std::string& who,
                      Comparison& result) {
    const std::int64_t first = MemoryImage::first_difference(expected, found);
    if (first < 0) return;
    result.bits += differing_bits(expected, found);
    if (result.first_bits.empty())
        result.first_bits = fmt::format("{} differs from functional first in the byte at {:#x}", who, first);
}

void compare_executions(const Execution& cycle, const Execution& rtl, Comparison& result) {
    compare_bound("start", cycle.start, rtl.start, result);
    compare_bound("end", cycle.end, rtl.end, result);
    for (std::size_t engine = 0; engine < isa::kEngines; ++engine) {
        const std::size_t count = std::max(cycle.operations[engine].size(), rtl.operations[engine].size());
        result.operations += static_cast<std::int64_t>(count);
        for (std::size_t i = 0; i < count; ++i) {
            OperationDifference difference{static_cast<isa::Engine>(engine), i, record_at(cycle, engine, i),
                                           record_at(rtl, engine, i)};
            const int values =
                difference.cycle && difference.rtl ? differing_values(*difference.cycle, *difference.rtl) : 3;
            if (values == 0) continue;
            result.cycles += values;
            if (!result.first_operation || first_start(difference) < first_start(*result.first_operation))
                result.first_operation = difference;
        }
    }
    const MemoryCounters& ours = cycle.memory;
    const MemoryCounters& theirs = rtl.memory;
    result.counters +=
        (ours.activates != theirs.activates ? 1 : 0) + (ours.read_lines != theirs.read_lines ? 1 : 0) +
        (ours.write_lines != theirs.write_lines ? 1 : 0) + (ours.refreshes != theirs.refreshes ? 1 : 0) +
        (cycle.nonfinite != rtl.nonfinite ? 1 : 0);
    result.nonfinite = rtl.nonfinite;
    result.simulated = rtl.cycles();
}

std::string report(const Comparison& comparison, const isa::Program& program) {
    std::string text;
    const auto line = [&text](const std::string& content) { text += content + "\n"; };
    if (!comparison.stopped.empty()) line("stopped: " + comparison.stopped);
    line(fmt::format("{} bits, {} cycles and {} memory counters differ", comparison.bits, comparison.cycles,
                     comparison.counters));
    if (!comparison.first_bits.empty()) line("bits: " + comparison.first_bits);
    if (!comparison.first_bound.empty()) line("cycles: " + comparison.first_bound);
    if (comparison.first_operation) {
        const OperationDifference& first = *comparison.first_operation;
        line(fmt::format("first differing operation: {} operation {}", isa::name_of(first.engine),
                         first.operation));
        line("  " + operation_text(program, first.engine, first.operation));
        line("  cycle: " + record_text(first.cycle));
        line("  rtl:   " + record_text(first.rtl));
    }
    return text;
}

}  // namespace satsim::verify
