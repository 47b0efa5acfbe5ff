#include "sim/sweep/mpi_world.hpp"

#include <algorithm>
#include <atomic>
#include <boost/mpi/collectives.hpp>
#include <boost/mpi/communicator.hpp>
#include <boost/mpi/environment.hpp>
#include <boost/serialization/vector.hpp>
#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "runtime/support/error.hpp"
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

// Waits asleep: Open MPI's own waiting keeps a core busy. Nothing when it is told to stop.
std::optional<mpi::status> wait_for_message(const mpi::communicator& world, int source, int tag,
                                            const std::stop_token& stop = {}) {
    using std::chrono::microseconds;
    constexpr microseconds kLongest{2000};
    for (microseconds pause{20}; !stop.stop_requested(); pause = std::min(2 * pause, kLongest)) {
        if (const auto message = world.iprobe(source, tag)) return *message;
        std::this_thread::sleep_for(pause);
    }
    return std::nullopt;
}

// Rank 0's side. It evaluates points itself, and a thread beside serves the other ranks: between two of its
// own points it would keep them waiting, since a group's first points take a hundred times as long as its
// others.
class Coordinator {
  public:
    Coordinator(const mpi::communicator& world, Distribution& distribution, const PointFinished& finished)
        : world_(world), distribution_(distribution), finished_(finished), working_(world.size() - 1) {}

    void run(const EvaluatePoint& evaluate) {
        {
            const std::jthread server([this](const std::stop_token& stop) { serve(stop); });
            evaluate_own(evaluate);  // what it throws stops the server
            while (!served_) std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
        if (failure_) std::rethrow_exception(failure_);
        for (int rank = 1; rank < world_.size(); ++rank) world_.send(rank, kEnd);
    }

  private:
    void evaluate_own(const EvaluatePoint& evaluate) {
        while (const auto own = next(0)) {
            for (const std::size_t point : distribution_.points(*own)) {
                if (failed()) return;
                const PointResult result = evaluate(point);
                const std::scoped_lock lock(mutex_);
                finished_(point, result);
            }
        }
    }

    [[nodiscard]] bool failed() const { return served_ && failure_ != nullptr; }

    std::optional<Distribution::Range> next(int rank) {
        const std::scoped_lock lock(mutex_);
        return distribution_.next(static_cast<std::size_t>(rank));
    }

    // The thread's: the only one that speaks to the other ranks while it runs.
    void serve(const std::stop_token& stop) {
        try {
            while (working_ > 0 || awaited_ > 0) {
                const auto message = wait_for_message(world_, mpi::any_source, mpi::any_tag, stop);
                if (!message) break;
                take(*message);
            }
        } catch (...) {
            failure_ = std::current_exception();
        }
        served_ = true;
    }

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
        const std::scoped_lock lock(mutex_);
        finished_(point, result);
    }

    void give(int rank) {
        Numbers numbers;
        if (const auto range = next(rank)) {
            const auto points = distribution_.points(*range);
            numbers.assign(points.begin(), points.end());
        } else {
            --working_;
        }
        awaited_ += numbers.size();
        world_.send(rank, kPoints, numbers);
    }

    const mpi::communicator& world_;
    std::mutex mutex_;  // of the next two
    Distribution& distribution_;
    const PointFinished& finished_;
    int working_;              // ranks that have not been told that there are no more
    std::size_t awaited_ = 0;  // points handed out without a result
    std::exception_ptr failure_;
    std::atomic<bool> served_ = false;  // the thread is done, and has written failure_
};

}  // namespace

class MpiWorld::World {
  public:
    // Ends all ranks when one is left by an exception. Rank 0 has two threads that speak, one at a time.
    mpi::environment environment_{mpi::threading::serialized};
    mpi::communicator all_;
};

bool started_by_mpi() {
    return several_processes();
}

MpiWorld::MpiWorld() : world_(std::make_unique<World>()) {
    if (mpi::environment::thread_level() >= mpi::threading::serialized) return;
    world_.reset();  // all ranks end as usual, not by an exception
    throw InputError("sweep", "",
                     "was started by an MPI that allows one thread to communicate, expected one with "
                     "MPI_THREAD_SERIALIZED; --workers needs no MPI");
}

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
