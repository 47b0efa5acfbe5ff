// What Open MPI's mpirun and Slurm's srun tell the processes that they start.
#pragma once

#include <cstdlib>

namespace satsim::sweep {

// One rank alone is a sweep like any other.
[[nodiscard]] inline bool several_processes() {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"}) {
        const char* size = std::getenv(name);
        if (size != nullptr && std::atoi(size) > 1) return true;
    }
    return false;
}

}  // namespace satsim::sweep
