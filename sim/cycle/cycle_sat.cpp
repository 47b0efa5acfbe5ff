#include "sim/cycle/cycle_sat.hpp"

#include "sim/cycle/machine.hpp"

namespace satsim::cycle {

namespace {
Machine& machine() {
    // Never destroyed: SystemC's own context may be gone when static objects are.
    static Machine* const only = new Machine("sat");
    return *only;
}
}  // namespace

Execution CycleSat::run(const isa::Program& program, const RunOptions& options) {
    return machine().run(program, options);
}

Cycles CycleSat::skipped() {
    return machine().skipped();
}

}  // namespace satsim::cycle

// SystemC's library refers to it; this model is driven by CycleSat and elaborated by its first run.
int sc_main(int /*argc*/, char** /*argv*/) {
    return 0;
}
