#include "sim/sweep/work.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "sim/target/worker_pool.hpp"

namespace satsim::sweep {

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

void evaluate_locally(Distribution& distribution, const EvaluatePoint& evaluate,
                      const PointFinished& finished) {
    // A job is a range of the distribution's order, which the workers have too.
    constexpr unsigned kHalf = 32;
    using Range = Distribution::Range;
    const auto job_of = [](const Range& range) { return std::uint64_t{range.begin} << kHalf | range.end; };
    const auto range_of = [](std::uint64_t job) {
        return Range{job >> kHalf, job & ((std::uint64_t{1} << kHalf) - 1)};
    };
    sat::run_forked_as_asked(
        std::min(distribution.workers(), distribution.size()),
        [&](std::size_t worker) -> std::optional<std::uint64_t> {
            const auto range = distribution.next(worker);
            return range ? std::optional(job_of(*range)) : std::nullopt;
        },
        [&](std::uint64_t job, const sat::Send& send) {
            for (const std::size_t point : distribution.points(range_of(job)))
                send(to_bytes(point, evaluate(point)));
        },
        [&](std::uint64_t, const Bytes8& bytes) {
            const auto [point, result] = from_bytes(bytes);
            finished(point, result);
        });
}

}  // namespace satsim::sweep
