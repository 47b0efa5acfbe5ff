// A sweep over the processes that mpirun or srun has started: rank 0 hands out points, evaluates some itself
// and gets all results; the others evaluate. Who waits sleeps: a rank that polled would take a core from one
// that works.
#pragma once

#include <memory>

#include "sim/sweep/work.hpp"

namespace satsim::sweep {

// Whether this process was started as one of several. What starts it tells it by its environment.
[[nodiscard]] bool started_by_mpi();

class MpiWorld {
  public:
    // Once a process. Throws InputError when satsim was built without Boost.MPI.
    MpiWorld();
    ~MpiWorld();
    MpiWorld(const MpiWorld&) = delete;
    MpiWorld& operator=(const MpiWorld&) = delete;

    [[nodiscard]] int rank() const;
    [[nodiscard]] int size() const;
    // What rank 0 says, in all ranks; all of them call it.
    [[nodiscard]] int from_first(int value) const;

    // Rank 0: until all points are evaluated; the workers of `distribution` are the ranks. finished() is
    // called here for every point.
    void hand_out(Distribution& distribution, const EvaluatePoint& evaluate,
                  const PointFinished& finished) const;
    // Other ranks: until rank 0 has nothing left.
    void serve(const EvaluatePoint& evaluate) const;

  private:
    class World;
    std::unique_ptr<World> world_;
};

}  // namespace satsim::sweep
