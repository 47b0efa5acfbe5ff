// Without Boost.MPI: a sweep that mpirun starts says what is missing.
#include "runtime/support/error.hpp"
#include "sim/sweep/mpi_environment.hpp"
#include "sim/sweep/mpi_world.hpp"

namespace satsim::sweep {

class MpiWorld::World {};

bool started_by_mpi() {
    return several_processes();
}

MpiWorld::MpiWorld() {
    throw InputError(
        "sweep", "",
        "was started by mpirun, and this satsim was built without Boost.MPI, expected the packages "
        "libboost-mpi-dev and openmpi-bin when it is built");
}
MpiWorld::~MpiWorld() = default;

int MpiWorld::rank() const {
    return 0;
}
int MpiWorld::size() const {
    return 1;
}
int MpiWorld::from_first(int value) const {
    return value;
}
void MpiWorld::hand_out(Distribution& /*distribution*/, const EvaluatePoint& /*evaluate*/,
                        const PointFinished& /*finished*/) const {}
void MpiWorld::serve(const EvaluatePoint& /*evaluate*/) const {}

}  // namespace satsim::sweep
