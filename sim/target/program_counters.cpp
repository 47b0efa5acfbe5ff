#include "sim/target/program_counters.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "runtime/isa/stream_walker.hpp"
#include "runtime/schedule/predict.hpp"
#include "sim/cycle/load_operation.hpp"
#include "sim/cycle/stce_recurrence.hpp"
#include "sim/cycle/store_operation.hpp"

namespace satsim::sat {
namespace {

constexpr std::int64_t kBeatsOfRow = 128;

// Running sums; lines are averages, so they stay fractional until the end.
struct Sums {
    ExecutionCounters counters;
    double read_lines = 0;
    double write_lines = 0;
    Cycles array = 0;  // cycles in which the array is occupied
};

void add_load(const cycle::LoadOperation& op, const isa::ArrayConfig& config, Sums& sums) {
    sums.counters.load_words += op.written_words();
    const auto pitch = static_cast<double>(op.px * op.sx);
    sums.read_lines += schedule::transfer_cost(static_cast<double>(op.count), static_cast<double>(op.len),
                                               pitch, config.line_bytes())
                           .lines;
}

void add_store(const cycle::StoreOperation& op, const isa::ArrayConfig& config, Sums& sums) {
    if (op.source == cycle::StoreSource::Result)
        sums.counters.result_reads += op.count * (op.len / op.element_bytes());
    sums.write_lines += schedule::transfer_cost(static_cast<double>(op.count), static_cast<double>(op.len),
                                                static_cast<double>(op.px), config.line_bytes())
                            .lines;
}

void add_gemm(const cycle::GemmOperation& op, const isa::ArrayConfig& config, Sums& sums) {
    sums.counters.mac_slots += op.steps() * op.n * op.sr * op.sc * config.rows * config.columns;
    sums.counters.west_words += op.steps() * op.feed_words() * config.rows;
    const std::int64_t pairs = op.groups * op.n * (op.ws ? 1 : op.sc) * config.columns;
    sums.counters.north_lines_bytes += op.dense ? pairs * 2 : pairs * 5 / 2;
    if (op.ws) {
        const std::int64_t partial = op.batches * op.sr * config.columns;
        sums.counters.result_writes += partial;
        if (!op.first) sums.counters.result_reads += partial;
    } else if (op.last) {
        sums.counters.result_writes += op.rows * op.sr * op.sc * config.columns;
    }
    sums.array += static_cast<Cycles>(
        schedule::occupied_cycles(op.steps(), static_cast<int>(op.n), static_cast<int>(op.m),
                                  static_cast<int>(op.sr), static_cast<int>(op.ws ? 1 : op.sc)));
}

void walk(const isa::Program& program, isa::Engine engine, Sums& sums) {
    isa::StreamWalker walker(engine, program.streams[static_cast<std::size_t>(engine)]);
    while (const isa::Instruction* instruction = walker.next()) {
        if (instruction->opcode == isa::Opcode::Run) {
            const std::uint32_t flags = isa::decode_run(instruction->imm).flags;
            const isa::RegisterFile& registers = walker.registers();
            if (engine == isa::Engine::Load)
                add_load(cycle::LoadOperation::from(registers, flags), program.config, sums);
            if (engine == isa::Engine::Stce)
                add_gemm(cycle::GemmOperation::from(registers, flags), program.config, sums);
            if (engine == isa::Engine::Store)
                add_store(cycle::StoreOperation::from(registers, flags), program.config, sums);
        }
        walker.pass();
    }
}

}  // namespace

Execution count_program(const isa::Program& program, const dram::MemoryConfig& memory, Cycles cycles) {
    Sums sums;
    for (const isa::Engine engine : {isa::Engine::Load, isa::Engine::Stce, isa::Engine::Store})
        walk(program, engine, sums);
    Execution execution;
    execution.end = cycles - 1;
    execution.counters = sums.counters;
    execution.memory.read_lines = std::llround(sums.read_lines) + isa::fetch_lines(program);
    execution.memory.write_lines = std::llround(sums.write_lines);
    const std::int64_t lines = execution.memory.read_lines + execution.memory.write_lines;
    if (memory.kind == dram::MemoryKind::Ddr4) {
        execution.memory.activates = ceil_div(lines, kBeatsOfRow);
        execution.memory.refreshes = cycles / memory.ddr4.refi;
    }
    execution.busy[static_cast<std::size_t>(isa::Engine::Load)] =
        std::min(cycles, execution.memory.read_lines);
    execution.busy[static_cast<std::size_t>(isa::Engine::Stce)] = std::min(cycles, sums.array);
    execution.busy[static_cast<std::size_t>(isa::Engine::Store)] =
        std::min(cycles, execution.memory.write_lines);
    return execution;
}

std::int64_t count_operations(const isa::Program& program) {
    std::int64_t operations = 0;
    for (const auto& stream : program.streams) {
        std::vector<std::int64_t> times{1};
        for (const isa::Instruction& instruction : stream) {
            if (instruction.opcode == isa::Opcode::Loop) times.push_back(times.back() * instruction.imm);
            if (instruction.opcode == isa::Opcode::End && times.size() > 1) times.pop_back();
            if (instruction.opcode == isa::Opcode::Run) operations += times.back();
        }
    }
    return operations;
}

}  // namespace satsim::sat
