#include "sim/sweep/mpi_world.hpp"

#include <boost/mpi/collectives.hpp>
#include <boost/mpi/communicator.hpp>
#include <boost/mpi/environment.hpp>
#include <boost/serialization/vector.hpp>

#include "sim/sweep/mpi_environment.hpp"

namespace satsim::sweep {
namespace {

namespace mpi = boost::mpi;

enum Tag : int {
    kAsk,    // rank to 0: wants a batch; sent before it works on the one it has, so that it never waits
    kBatch,  // 0 to rank: point numbers; none: there are no more
    kResult  // rank to 0: a point's bytes
};

using Numbers = std::vector<std::uint64_t>;

// Rank 0's side.
class Coordinator {
  public:
    Coordinator(const mpi::communicator& world, const std::vector<Batch>& batches,
                const PointFinished& finished)
        : world_(world), batches_(batches), finished_(finished), working_(world.size() - 1) {}

    void run(const EvaluatePoint& evaluate) {
        while (next_ < batches_.size()) {
            const Batch& own = batches_[next_++];
            for (const std::size_t point : own) {
                finished_(point, evaluate(point));
                while (const auto message = world_.iprobe()) take(*message);
            }
        }
        while (working_ > 0 || awaited_ > 0) take(world_.probe());
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
        if (next_ < batches_.size()) {
            const Batch& batch = batches_[next_++];
            numbers.assign(batch.begin(), batch.end());
        } else {
            --working_;
        }
        awaited_ += numbers.size();
        world_.send(rank, kBatch, numbers);
    }

    const mpi::communicator& world_;
    const std::vector<Batch>& batches_;
    const PointFinished& finished_;
    std::size_t next_ = 0;     // batch to hand out
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
MpiWorld::~MpiWorld() = default;

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

void MpiWorld::hand_out(const std::vector<Batch>& batches, const EvaluatePoint& evaluate,
                        const PointFinished& finished) const {
    Coordinator(world_->all_, batches, finished).run(evaluate);
    world_->all_.barrier();
}

void MpiWorld::serve(const EvaluatePoint& evaluate) const {
    const mpi::communicator& world = world_->all_;
    const auto receive = [&] {
        Numbers numbers;
        world.recv(0, kBatch, numbers);
        return numbers;
    };
    world.send(0, kAsk);
    Numbers numbers = receive();
    while (!numbers.empty()) {
        world.send(0, kAsk);
        for (const std::uint64_t number : numbers) {
            const auto point = static_cast<std::size_t>(number);
            world.send(0, kResult, to_bytes(point, evaluate(point)));
        }
        numbers = receive();
    }
    // Whoever is first must not ask for batches of the next round while rank 0 is still in this one.
    world.barrier();
}

}  // namespace satsim::sweep
