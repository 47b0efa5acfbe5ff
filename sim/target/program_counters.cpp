#include "sim/target/program_counters.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include "runtime/isa/operation_rules.hpp"
#include "runtime/schedule/predict.hpp"
#include "runtime/vector/accesses.hpp"
#include "sim/cycle/load_operation.hpp"
#include "sim/cycle/stce_recurrence.hpp"
#include "sim/cycle/store_operation.hpp"
#include "sim/cycle/vec_timing.hpp"

namespace satsim::sat {
namespace {

// Running sums; lines are averages, so they stay fractional until the end.
struct Sums {
    ExecutionCounters counters;
    double read_lines = 0;
    double write_lines = 0;
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
    more(&ExecutionCounters::vector_elements);
    more(&ExecutionCounters::vmem_words);
    more(&ExecutionCounters::cmem_values);
    sums.read_lines += (sums.read_lines - before.read_lines) * static_cast<double>(times);
    sums.write_lines += (sums.write_lines - before.write_lines) * static_cast<double>(times);
}

// Lines of an operation over `positions`; `known`: of its instruction, for each position.
double lines_of(const std::optional<double>& known, std::int64_t positions, std::int64_t bytes,
                std::int64_t pitch, const isa::ArrayConfig& config) {
    const auto count = static_cast<double>(positions);
    if (known) return *known * count;
    return schedule::transfer_cost(count, static_cast<double>(bytes), static_cast<double>(pitch), config)
        .lines;
}

void add_load(const cycle::LoadOperation& op, const std::optional<double>& known,
              const isa::ArrayConfig& config, Sums& sums) {
    sums.counters.load_words += op.written_words();
    sums.read_lines += lines_of(known, op.count, op.len, op.px * op.sx, config);
}

void add_store(const cycle::StoreOperation& op, const std::optional<double>& known,
               const isa::ArrayConfig& config, Sums& sums) {
    if (op.source == cycle::StoreSource::Result)
        sums.counters.result_reads += op.count * (op.len / op.element_bytes());
    if (op.source == cycle::StoreSource::Vmem) sums.counters.vmem_words += op.count * (op.len / 8);
    sums.write_lines += lines_of(known, op.count, op.len, op.px, config);
}

void add_vector(const isa::RegisterFile& registers, std::uint32_t flags, const isa::ArrayConfig& config,
                Sums& sums) {
    const auto op = cycle::VecOperation::from(registers);
    const cycle::VecTiming timing(config.line_bytes());
    sums.counters.vector_elements += op.rows * op.channels * op.block_slots(timing.lanes());
    const vector::Accesses accesses = vector::accesses_of(vector::decode(registers, flags));
    sums.counters.vmem_words += accesses.vmem_words;
    sums.counters.cmem_values += accesses.cmem_values;
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
}

void add_operation(const isa::Program& program, isa::Engine engine, const isa::RegisterFile& registers,
                   std::uint32_t flags, const std::optional<double>& lines, Sums& sums) {
    if (engine == isa::Engine::Load)
        add_load(cycle::LoadOperation::from(registers, flags), lines, program.config, sums);
    if (engine == isa::Engine::Stce)
        add_gemm(cycle::GemmOperation::from(registers, flags), program.config, sums);
    if (engine == isa::Engine::Vec) add_vector(registers, flags, program.config, sums);
    if (engine == isa::Engine::Store)
        add_store(cycle::StoreOperation::from(registers, flags), lines, program.config, sums);
}

// Registers that the sums of an operation depend on, one bit each.
std::uint32_t counted_registers(isa::Engine engine) {
    const auto bits = [](auto... names) { return ((1U << static_cast<unsigned>(names)) | ...); };
    if (engine == isa::Engine::Load)
        return bits(isa::load::len, isa::load::count, isa::load::px, isa::load::sx, isa::load::dest_kind);
    if (engine == isa::Engine::Store)
        return bits(isa::store::len, isa::store::count, isa::store::px, isa::store::src_kind);
    if (engine == isa::Engine::Vec)
        return bits(isa::vec::op, isa::vec::rows, isa::vec::channels, isa::vec::nm_f, isa::vec::nm_b);
    return bits(isa::stce::groups, isa::stce::sr, isa::stce::sc, isa::stce::n, isa::stce::m, isa::stce::rows,
                isa::stce::batches);
}

// Sums over a stream. An iteration of a loop that finds the registers that matter as the one before found
// them adds what that one added, and so do all that follow: they are not walked.
class StreamSums {
  public:
    StreamSums(const isa::Program& program, isa::Engine engine, std::span<const fast::RunTraffic> traffic)
        : program_(program),
          engine_(engine),
          traffic_(traffic),
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

    [[nodiscard]] std::optional<double> lines_here() const {
        for (const fast::RunTraffic& run : traffic_) {
            if (run.pc == at_) return static_cast<double>(run.lines);
        }
        return std::nullopt;
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
                    add_operation(program_, engine_, registers_, isa::decode_run(i.imm).flags, lines_here(),
                                  sums_);
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
    std::span<const fast::RunTraffic> traffic_;
    const std::vector<isa::Instruction>& stream_;
    std::uint32_t mattering_;
    isa::RegisterFile registers_{};
    Sums sums_;
    std::size_t at_ = 0;
};

}  // namespace

Execution count_program(const isa::Program& program, const dram::MemoryConfig& memory,
                        const fast::Prediction& prediction) {
    const Sums load = StreamSums(program, isa::Engine::Load, prediction.load).all();
    const Sums stce = StreamSums(program, isa::Engine::Stce, {}).all();
    const Sums vec = StreamSums(program, isa::Engine::Vec, {}).all();
    const Sums store = StreamSums(program, isa::Engine::Store, prediction.store).all();
    Execution execution;
    // A pace that was seen too fast, over many iterations, promises no more than the array can do.
    const std::int64_t slots = std::int64_t{program.config.rows} * program.config.columns;
    execution.end = std::max(prediction.cycles, ceil_div(stce.counters.mac_slots, slots)) - 1;
    execution.busy = prediction.busy;
    // Each engine counts its own kinds; results are read by STORE and by the array's partial sums, and VMEM
    // by VEC and STORE.
    execution.counters = stce.counters;
    execution.counters.load_words = load.counters.load_words;
    execution.counters.result_reads += store.counters.result_reads;
    execution.counters.vector_elements = vec.counters.vector_elements;
    execution.counters.cmem_values = vec.counters.cmem_values;
    execution.counters.vmem_words = vec.counters.vmem_words + store.counters.vmem_words;
    execution.memory.read_lines = std::llround(load.read_lines) + isa::fetch_lines(program);
    execution.memory.write_lines = std::llround(store.write_lines);
    const std::int64_t lines = execution.memory.read_lines + execution.memory.write_lines;
    if (memory.kind == dram::MemoryKind::Ddr4) {
        execution.memory.activates = std::llround(static_cast<double>(lines) * prediction.activates);
        execution.memory.refreshes = execution.cycles() / memory.ddr4.refi;
    }
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
