#include "sim/cycle/data_path.hpp"

#include "runtime/functional/functional_sat.hpp"
#include "runtime/functional/load.hpp"
#include "runtime/functional/stce.hpp"
#include "runtime/functional/store.hpp"

namespace satsim::cycle {

DataPath::DataPath(const isa::Program& program, MemoryImage& dram, functional::VectorUnit* vector)
    : state_(program.config), dram_(dram), vector_(vector) {
    place_program(program, dram);
}

void DataPath::execute(const functional::Operation& op) {
    switch (op.engine) {
        case isa::Engine::Load:
            functional::execute_load(op, state_, dram_);
            break;
        case isa::Engine::Stce:
            functional::execute_stce(op, state_);
            break;
        case isa::Engine::Store:
            functional::execute_store(op, state_, dram_);
            break;
        case isa::Engine::Vec:
            if (vector_ == nullptr) functional::fail(op, "the run was given no vector unit");
            vector_->execute(op, state_);
            break;
    }
}

}  // namespace satsim::cycle
