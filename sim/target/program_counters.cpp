#include "sim/target/program_counters.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "runtime/isa/operation_rules.hpp"
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

// Adds `times` more of what has come since `before`. Exact: lines are multiples of a line's bytes over its
// size.
void add_again(Sums& sums, const Sums& before, std::int64_t times) {
    const auto more = [&](auto member) {
        auto& counter = sums.counters.*member;
        counter += (counter - before.counters.*member) * times;
    };
    more(&ExecutionCounters::mac_slots);
    more(&ExecutionCounters::west_words);
    more(&ExecutionCounters::north_lines_bytes);
    more(&ExecutionCounters::result_writes);
    more(&ExecutionCounters::result_reads);
    more(&ExecutionCounters::load_words);
    sums.read_lines += (sums.read_lines - before.read_lines) * static_cast<double>(times);
    sums.write_lines += (sums.write_lines - before.write_lines) * static_cast<double>(times);
    sums.array += (sums.array - before.array) * times;
}

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

void add_operation(const isa::Program& program, isa::Engine engine, const isa::RegisterFile& registers,
                   std::uint32_t flags, Sums& sums) {
    if (engine == isa::Engine::Load)
        add_load(cycle::LoadOperation::from(registers, flags), program.config, sums);
    if (engine == isa::Engine::Stce)
        add_gemm(cycle::GemmOperation::from(registers, flags), program.config, sums);
    if (engine == isa::Engine::Store)
        add_store(cycle::StoreOperation::from(registers, flags), program.config, sums);
}

// Registers that the sums of an operation depend on, one bit each.
std::uint32_t counted_registers(isa::Engine engine) {
    const auto bits = [](auto... names) { return ((1U << static_cast<unsigned>(names)) | ...); };
    if (engine == isa::Engine::Load)
        return bits(isa::load::len, isa::load::count, isa::load::px, isa::load::sx, isa::load::dest_kind);
    if (engine == isa::Engine::Store)
        return bits(isa::store::len, isa::store::count, isa::store::px, isa::store::src_kind);
    return bits(isa::stce::groups, isa::stce::sr, isa::stce::sc, isa::stce::n, isa::stce::m, isa::stce::rows,
                isa::stce::batches);
}

// Sums over a stream. An iteration of a loop that finds the registers that matter as the one before found
// them adds what that one added, and so do all that follow: they are not walked.
class StreamSums {
  public:
    StreamSums(const isa::Program& program, isa::Engine engine)
        : program_(program),
          engine_(engine),
          stream_(program.streams[static_cast<std::size_t>(engine)]),
          mattering_(counted_registers(engine)) {
        static_assert(isa::kRegisters == 32);
        for (std::uint32_t before = 0; before != mattering_;) {
            before = mattering_;
            for (const isa::Instruction& i : stream_) mattering_ |= sources(i);
        }
    }

    Sums all() {
        at_ = 0;
        walk();
        return sums_;
    }

  private:
    // What a register that matters is made of matters too.
    [[nodiscard]] std::uint32_t sources(const isa::Instruction& i) const {
        if ((mattering_ >> i.rd & 1U) == 0) return 0;
        if (i.opcode == isa::Opcode::Add || i.opcode == isa::Opcode::Xor) return 1U << i.rs;
        if (i.opcode == isa::Opcode::Addr)
            return 1U << i.rs | 1U << (static_cast<std::size_t>(i.imm) % isa::kRegisters);
        return 0;
    }

    [[nodiscard]] bool same_start(const isa::RegisterFile& before) const {
        for (std::size_t r = 0; r < before.size(); ++r) {
            if ((mattering_ >> r & 1U) != 0 && registers_[r] != before[r]) return false;
        }
        return true;
    }

    // From at_ to the END of the loop that is open there, or to HALT.
    void walk() {
        for (; at_ < stream_.size(); ++at_) {
            const isa::Instruction& i = stream_[at_];
            std::int64_t& target = registers_[i.rd];
            const std::int64_t source = registers_[i.rs];
            switch (i.opcode) {
                case isa::Opcode::Halt:
                case isa::Opcode::End:
                    return;
                case isa::Opcode::Wait:
                case isa::Opcode::Post:
                    break;
                case isa::Opcode::Run:
                    add_operation(program_, engine_, registers_, isa::decode_run(i.imm).flags, sums_);
                    break;
                case isa::Opcode::Set:
                    target = i.imm;
                    break;
                case isa::Opcode::Add:
                    target = isa::wrap_register(source + i.imm);
                    break;
                case isa::Opcode::Addr:
                    target = isa::wrap_register(
                        source + registers_[static_cast<std::size_t>(i.imm) % isa::kRegisters]);
                    break;
                case isa::Opcode::Xor:
                    target = source ^ i.imm;
                    break;
                case isa::Opcode::Loop:
                    walk_loop(i.imm);
                    break;
            }
        }
    }

    // Leaves at_ at the loop's END.
    void walk_loop(std::int64_t iterations) {
        const std::size_t first = at_ + 1;
        for (std::int64_t left = iterations; left > 0; --left) {
            const isa::RegisterFile start = registers_;
            const Sums before = sums_;
            at_ = first;
            walk();
            if (left > 1 && same_start(start)) {
                add_again(sums_, before, left - 1);
                return;
            }
        }
    }

    const isa::Program& program_;
    isa::Engine engine_;
    const std::vector<isa::Instruction>& stream_;
    std::uint32_t mattering_;
    isa::RegisterFile registers_{};
    Sums sums_;
    std::size_t at_ = 0;
};

}  // namespace

Execution count_program(const isa::Program& program, const dram::MemoryConfig& memory, Cycles cycles) {
    const Sums load = StreamSums(program, isa::Engine::Load).all();
    const Sums stce = StreamSums(program, isa::Engine::Stce).all();
    const Sums store = StreamSums(program, isa::Engine::Store).all();
    Execution execution;
    execution.end = cycles - 1;
    // Each engine counts its own kinds; results are read by STORE and by the array's partial sums.
    execution.counters = stce.counters;
    execution.counters.load_words = load.counters.load_words;
    execution.counters.result_reads += store.counters.result_reads;
    execution.memory.read_lines = std::llround(load.read_lines) + isa::fetch_lines(program);
    execution.memory.write_lines = std::llround(store.write_lines);
    const std::int64_t lines = execution.memory.read_lines + execution.memory.write_lines;
    if (memory.kind == dram::MemoryKind::Ddr4) {
        execution.memory.activates = ceil_div(lines, kBeatsOfRow);
        execution.memory.refreshes = cycles / memory.ddr4.refi;
    }
    execution.busy[static_cast<std::size_t>(isa::Engine::Load)] =
        std::min(cycles, execution.memory.read_lines);
    execution.busy[static_cast<std::size_t>(isa::Engine::Stce)] = std::min(cycles, stce.array);
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
