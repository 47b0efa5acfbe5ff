#include "host/card/card_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <set>

#include "host/card/extent.hpp"
#include "host/card/ganged_memory.hpp"
#include "runtime/functional/functional_sat.hpp"
#include "runtime/isa/program_fields.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "runtime/support/error.hpp"
#include "runtime/vector/vector_engine.hpp"
#include "sim/target/sat_simulation.hpp"
#include "sim/verify/gemm_case.hpp"

namespace satsim::card {
namespace {

void copy_into(MemoryImage& to, const MemoryImage& from) {
    for (const auto& [page, bytes] : from.pages()) to.write(page * MemoryImage::kPageBytes, *bytes);
}

void require_same_array(const isa::ArrayConfig& kernel, const Work& work) {
    const auto difference = isa::first_difference(kernel, work.program.config);
    if (!difference) return;
    throw InputError(work.name, "",
                     fmt::format("a program for {} {}, the card's kernel has {}; schedule it for the card's "
                                 "sizes (satsim-card --identify)",
                                 difference->name, difference->want, difference->have));
}

// Memory after the run as it should be.
MemoryImage expected_memory(const Work& work, RunReport& report) {
    MemoryImage memory;
    copy_into(memory, work.memory);
    isa::Program program = work.program;
    program.image.clear();  // in `memory` already, perhaps overlaid by operands
    vector::VectorEngine vector(program.config);
    FunctionalSat functional(program.config, &vector);
    functional.run(program, memory, work.name);
    report.nonfinite_expected = functional.state().nonfinite;
    return memory;
}

void compare(const MemoryImage& found, const MemoryImage& wanted, RunReport& report) {
    report.compared = true;
    report.first_difference = MemoryImage::first_difference(found, wanted);
    if (report.first_difference < 0) return;
    std::set<std::int64_t> pages;
    for (const MemoryImage* image : {&found, &wanted}) {
        for (const auto& entry : image->pages()) pages.insert(entry.first);
    }
    MemoryImage::Page a;
    MemoryImage::Page b;
    for (const std::int64_t page : pages) {
        found.read(page * MemoryImage::kPageBytes, a);
        wanted.read(page * MemoryImage::kPageBytes, b);
        for (std::size_t i = 0; i < a.size(); ++i) report.different_bytes += a[i] != b[i] ? 1 : 0;
    }
}

}  // namespace

Work work_of_program(isa::Program program, std::string name) {
    sat::require_runnable(program, name);
    Work work;
    work.name = std::move(name);
    place_program(program, work.memory);
    work.program = std::move(program);
    return work;
}

Work work_of_gemm(const GemmTask& task, const isa::ArrayConfig& array, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto data = std::make_shared<verify::GemmCase>(task, array, random);
    schedule::MachineView machine;
    machine.array = array;
    machine.memory.channels = array.channels;
    const auto choice = schedule::candidate_schedules(task, machine, {}, 1).front();
    Work work = work_of_program(schedule::emit_gemm(task, choice, machine), task.layer);
    copy_into(work.memory, data->memory());
    place_program(work.program, work.memory);
    work.check = [data](const MemoryImage& after) { return data->compare(after); };
    return work;
}

RunReport run_on_card(Card& card, const Work& work, const RunOptions& options) {
    KernelDriver driver(*card.registers);
    RunReport report;
    report.card = card.name;
    report.program = work.name;
    report.array = driver.identify();
    require_same_array(report.array, work);
    const int banks = report.array.channels;

    std::int64_t end = memory_extent(work.program, work.name);
    if (options.memory_bytes != 0) {
        end = options.memory_bytes;
    } else if (!work.memory.pages().empty()) {
        end = std::max(end, (work.memory.pages().rbegin()->first + 1) * MemoryImage::kPageBytes);
    }
    const std::int64_t bytes_each = region_bytes(end, banks);
    card.memory->allocate(banks, bytes_each);
    scatter(work.memory, banks, *card.memory);
    card.memory->to_card();

    Launch launch;
    for (int bank = 0; bank < banks; ++bank) launch.bases.push_back(card.memory->address(bank));
    launch.program_line = work.program.address / report.array.line_bytes();
    launch.memory_lines = report.memory_lines = bytes_each * banks / report.array.line_bytes();
    launch.watchdog_cycles = options.watchdog_cycles;
    launch.timeout_s = options.timeout_s;
    launch.poll_s = options.poll_s;
    report.outcome = driver.run(launch);

    card.memory->from_card();
    report.after = gather(banks, bytes_each, *card.memory);
    if (!report.outcome.ok()) return report;
    if (options.compare) compare(report.after, expected_memory(work, report), report);
    if (work.check) report.check_fault = work.check(report.after);
    return report;
}

}  // namespace satsim::card
