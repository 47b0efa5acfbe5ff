// The points of a sweep that are still to be evaluated, cut into batches that one process works on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "runtime/sweep/configurations.hpp"
#include "runtime/sweep/point_result.hpp"

namespace satsim::sweep {

// Numbers of points.
using Batch = std::vector<std::size_t>;

// `keys` of all points; `pending` the numbers of those to evaluate. Points of one machine, network and batch
// size follow each other, and so do machines that are neighbours in the sweep: they share much. Batches get
// smaller, so that all of `workers` end at the same time.
[[nodiscard]] std::vector<Batch> make_batches(const std::vector<PointKey>& keys,
                                              const std::vector<std::size_t>& pending, int workers);

using EvaluatePoint = std::function<PointResult(std::size_t point)>;
using PointFinished = std::function<void(std::size_t point, const PointResult& result)>;

// A point's number and its result as bytes, between processes of one machine type.
using Bytes8 = std::vector<std::uint8_t>;
[[nodiscard]] Bytes8 to_bytes(std::size_t point, const PointResult& result);
[[nodiscard]] std::pair<std::size_t, PointResult> from_bytes(const Bytes8& bytes);

// Evaluates all batches in `workers` forked processes. finished() is called in this process, as soon as a
// point is done.
void evaluate_locally(const std::vector<Batch>& batches, int workers, const EvaluatePoint& evaluate,
                      const PointFinished& finished);

}  // namespace satsim::sweep
