#include "sim/sweep/work.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

#include "sim/target/worker_pool.hpp"

namespace satsim::sweep {
namespace {

// Machines, networks and batches in the order in which the sweep comes to them.
class Ranks {
  public:
    std::size_t of(const Fingerprint& key) { return ranks_.emplace(key, ranks_.size()).first->second; }

  private:
    std::map<Fingerprint, std::size_t> ranks_;
};

}  // namespace

std::vector<Batch> make_batches(const std::vector<PointKey>& keys, const std::vector<std::size_t>& pending,
                                int workers) {
    using Place = std::tuple<std::size_t, std::size_t, std::size_t>;
    Ranks machines;
    Ranks networks;
    Ranks sizes;
    std::vector<std::pair<Place, std::size_t>> order;
    for (const std::size_t point : pending) {
        const PointKey& key = keys[point];
        order.emplace_back(Place{machines.of(key.hardware), networks.of(key.network), sizes.of(key.batch)},
                           point);
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    constexpr std::size_t kLeast = 4;
    constexpr std::size_t kMost = 512;
    constexpr std::size_t kShares = 4;  // of the rest, for each worker
    std::vector<Batch> batches;
    for (std::size_t i = 0; i < order.size();) {
        const std::size_t left = order.size() - i;
        const std::size_t share = left / (kShares * static_cast<std::size_t>(std::max(workers, 1)));
        const std::size_t end = i + std::min(left, std::clamp(share, kLeast, kMost));
        Batch& batch = batches.emplace_back();
        for (; i < end; ++i) batch.push_back(order[i].second);
    }
    return batches;
}

Bytes8 to_bytes(std::size_t point, const PointResult& result) {
    static_assert(std::is_trivially_copyable_v<StepFigures>);
    const std::uint64_t number = point;
    constexpr std::size_t kHead = sizeof number + 1 + sizeof(StepFigures);
    Bytes8 bytes(kHead + result.reason.size());
    std::memcpy(bytes.data(), &number, sizeof number);
    bytes[sizeof number] = static_cast<std::uint8_t>(result.status);
    std::memcpy(bytes.data() + sizeof number + 1, &result.figures, sizeof(StepFigures));
    std::memcpy(bytes.data() + kHead, result.reason.data(), result.reason.size());
    return bytes;
}

std::pair<std::size_t, PointResult> from_bytes(const Bytes8& bytes) {
    std::uint64_t number = 0;
    constexpr std::size_t kHead = sizeof number + 1 + sizeof(StepFigures);
    if (bytes.size() < kHead) throw std::logic_error("a point's result is too short");
    std::memcpy(&number, bytes.data(), sizeof number);
    PointResult result;
    result.status = static_cast<Status>(bytes[sizeof number]);
    std::memcpy(&result.figures, bytes.data() + sizeof number + 1, sizeof(StepFigures));
    result.reason.assign(bytes.begin() + static_cast<std::ptrdiff_t>(kHead), bytes.end());
    return {static_cast<std::size_t>(number), std::move(result)};
}

void evaluate_locally(const std::vector<Batch>& batches, int workers, const EvaluatePoint& evaluate,
                      const PointFinished& finished) {
    sat::run_forked_parts(
        batches.size(), workers,
        [&](std::size_t batch, const sat::Send& send) {
            for (const std::size_t point : batches[batch]) send(to_bytes(point, evaluate(point)));
        },
        [&](std::size_t, const Bytes8& bytes) {
            const auto [point, result] = from_bytes(bytes);
            finished(point, result);
        });
}

}  // namespace satsim::sweep
