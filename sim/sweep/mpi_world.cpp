#include "sim/sweep/mpi_world.hpp"

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <boost/mpi/communicator.hpp>
#include <boost/mpi/environment.hpp>
#include <boost/serialization/vector.hpp>
#include <chrono>
#include <exception>
#include <thread>

#include "sim/sweep/mpi_environment.hpp"

namespace satsim::sweep {
namespace {

namespace mpi = boost::mpi;

enum Tag : int {
    kAsk,     // rank to 0: wants points; sent before it works on those it has, so that it never waits
    kPoints,  // 0 to rank: their numbers; none: there are no more
    kResult,  // rank to 0: a point's bytes
    kEnd,     // 0 to rank: all points are evaluated; asking now is asking for the next round's
    kLeave    // 0 to rank: rank 0 has written what was asked for
};

using Numbers = std::vector<std::uint64_t>;

// Waits asleep: Open MPI's own waiting keeps a core busy.
mpi::status wait_for_message(const mpi::communicator& world, int source, int tag) {
    using std::chrono::microseconds;
    constexpr microseconds kLongest{2000};
    for (microseconds pause{20};; pause = std::min(2 * pause, kLongest)) {
        if (const auto message = world.iprobe(source, tag)) return *message;
        std::this_thread::sleep_for(pause);
    }
}

// Rank 0's side.
class Coordinator {
  public:
    Coordinator(const mpi::communicator& world, Distribution& distribution, const PointFinished& finished)
        : world_(world), distribution_(distribution), finished_(finished), working_(world.size() - 1) {}

    void run(const EvaluatePoint& evaluate) {
        while (const auto own = distribution_.next(0)) {
            for (const std::size_t point : distribution_.points(*own)) {
                finished_(point, evaluate(point));
                while (const auto message = world_.iprobe()) take(*message);
            }
        }
        while (working_ > 0 || awaited_ > 0) take(wait_for_message(world_, mpi::any_source, mpi::any_tag));
        for (int rank = 1; rank < world_.size(); ++rank) world_.send(rank, kEnd);
    }

  private:
    void take(const mpi::status& message) {
        if (message.tag() == kAsk) {
            world_.recv(message.source(), kAsk);
            give(message.source());
            return;
        }
        Bytes8 bytes;
        world_.recv(message.source(), kResult, bytes);
        --awaited_;
        const auto [point, result] = from_bytes(bytes);
        finished_(point, result);
    }

    void give(int rank) {
        Numbers numbers;
        if (const auto range = distribution_.next(static_cast<std::size_t>(rank))) {
            const auto points = distribution_.points(*range);
            numbers.assign(points.begin(), points.end());
        } else {
            --working_;
        }
        awaited_ += numbers.size();
        world_.send(rank, kPoints, numbers);
    }

    const mpi::communicator& world_;
    Distribution& distribution_;
    const PointFinished& finished_;
    int working_;              // ranks that have not been told that there are no more
    std::size_t awaited_ = 0;  // points handed out without a result
};

}  // namespace

class MpiWorld::World {
  public:
    mpi::environment environment_;  // ends all ranks when one is left by an exception
    mpi::communicator all_;
};

bool started_by_mpi() {
    return several_processes();
}

MpiWorld::MpiWorld() : world_(std::make_unique<World>()) {}

// MPI's own end keeps the cores of those who wait for rank 0 busy.
MpiWorld::~MpiWorld() {
    if (std::uncaught_exceptions() > 0) return;  // the environment ends all ranks
    const mpi::communicator& world = world_->all_;
    if (world.rank() == 0) {
        for (int rank = 1; rank < world.size(); ++rank) world.send(rank, kLeave);
    } else {
        wait_for_message(world, 0, kLeave);
        world.recv(0, kLeave);
    }
}

int MpiWorld::rank() const {
    return world_->all_.rank();
}

int MpiWorld::size() const {
    return world_->all_.size();
}

int MpiWorld::from_first(int value) const {
    mpi::broadcast(world_->all_, value, 0);
    return value;
}

void MpiWorld::hand_out(Distribution& distribution, const EvaluatePoint& evaluate,
                        const PointFinished& finished) const {
    Coordinator(world_->all_, distribution, finished).run(evaluate);
}

void MpiWorld::serve(const EvaluatePoint& evaluate) const {
    const mpi::communicator& world = world_->all_;
    const auto receive = [&] {
        Numbers numbers;
        wait_for_message(world, 0, kPoints);
        world.recv(0, kPoints, numbers);
        return numbers;
    };
    world.send(0, kAsk);
    Numbers numbers = receive();
    while (!numbers.empty()) {
        // Points that are handed out one by one are long: who asked ahead for one would keep it from a rank
        // that has nothing to do.
        const bool ahead = numbers.size() > 1;
        if (ahead) world.send(0, kAsk);
        for (const std::uint64_t number : numbers) {
            const auto point = static_cast<std::size_t>(number);
            world.send(0, kResult, to_bytes(point, evaluate(point)));
        }
        if (!ahead) world.send(0, kAsk);
        numbers = receive();
    }
    wait_for_message(world, 0, kEnd);
    world.recv(0, kEnd);
}

}  // namespace satsim::sweep
