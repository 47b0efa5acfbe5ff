#include "tests/support/network_update.hpp"

#include "runtime/schedule/emit_vector.hpp"
#include "runtime/vector/parameters.hpp"
#include "runtime/workload/training_step.hpp"
#include "sim/cycle/cycle_sat.hpp"

namespace satsim::test {
namespace {

// The program with RELU, the shortest operation, in the place of the update; the lines that it moves stay.
isa::Program memory_alone(isa::Program program) {
    for (isa::Instruction& i : program.streams[static_cast<std::size_t>(isa::Engine::Vec)]) {
        if (i.opcode != isa::Opcode::Set) continue;
        if (i.rd == isa::vec::op) i.imm = static_cast<std::int64_t>(isa::vec::Operation::Relu);
        if (i.rd == isa::vec::nm_f || i.rd == isa::vec::nm_b) i.imm = 0;
    }
    return program;
}

}  // namespace

UpdateSum network_update(const std::filesystem::path& models, const std::string& network,
                         const Recipe& recipe, const isa::ArrayConfig& array,
                         const dram::MemoryConfig& memory) {
    const TrainingStep step =
        make_training_step(load_network(models / "networks" / (network + ".json")), recipe);
    cycle::CycleSat sat;
    cycle::RunOptions options;
    options.memory = memory;
    UpdateSum sum;
    for (const Task& task : step.tasks) {
        const auto* update = std::get_if<VectorTask>(&task);
        if (update == nullptr || update->op != VectorOp::Optimizer || !update->sat_capable) continue;
        const isa::Program program =
            schedule::emit_vector_program(schedule::problem_of(*update, array), array);
        const Execution run = sat.run(program, options);
        sum.parameters += update->elements;
        sum.lines += run.memory.read_lines + run.memory.write_lines;
        sum.refresh += run.memory.refreshes * memory.ddr4.rfc;
        sum.cycles += run.cycles();
        sum.alone += sat.run(memory_alone(program), options).cycles();
        sum.vec += run.busy[static_cast<std::size_t>(isa::Engine::Vec)];
        sum.lanes += run.counters.vector_elements / vector::lanes(array);
    }
    return sum;
}

}  // namespace satsim::test
