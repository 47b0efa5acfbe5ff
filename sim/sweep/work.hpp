// Points of a sweep evaluated in local processes, and their results as bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "runtime/sweep/point_result.hpp"
#include "sim/sweep/distribution.hpp"

namespace satsim::sweep {

using EvaluatePoint = std::function<PointResult(std::size_t point)>;
using PointFinished = std::function<void(std::size_t point, const PointResult& result)>;

// A point's number and its result as bytes, between processes of one machine type.
using Bytes8 = std::vector<std::uint8_t>;
[[nodiscard]] Bytes8 to_bytes(std::size_t point, const PointResult& result);
[[nodiscard]] std::pair<std::size_t, PointResult> from_bytes(const Bytes8& bytes);

// Evaluates all points in one forked process for each worker of `distribution`. finished() is called in this
// process, as soon as a point is done.
void evaluate_locally(Distribution& distribution, const EvaluatePoint& evaluate,
                      const PointFinished& finished);

}  // namespace satsim::sweep
