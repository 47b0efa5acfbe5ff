// Which worker evaluates which points of a sweep, decided while the workers work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "runtime/sweep/configurations.hpp"

namespace satsim::sweep {

// What a point's evaluation has in common with others. Points that differ in timing, network or batch share
// no program's cost; those of one machine share results of tasks, too.
struct Kin {
    std::pair<std::uint64_t, std::uint64_t> timing;  // sat::machine_timing()
    Fingerprint network;
    Fingerprint batch;
    Fingerprint hardware;
};

// Points that share costs are a group. A worker stays with its group, a few points at a time, then opens
// another one; when there is none left, it takes half of what is left of the largest open one. So costs are
// worked out twice only at the end, where a worker would be idle otherwise.
class Distribution {
  public:
    // At a time, of points that are predicted: enough to hide the way to another rank, few enough to share
    // out.
    static constexpr std::size_t kMostFastPoints = 8;

    // `pending`: numbers of points to evaluate, which `kin` is about, in the same order. A worker gets at
    // most `most` points at a time.
    Distribution(const std::vector<Kin>& kin, const std::vector<std::size_t>& pending, std::size_t workers,
                 std::size_t most);

    // A piece of order().
    struct Range {
        std::size_t begin = 0;
        std::size_t end = 0;
        [[nodiscard]] std::size_t size() const { return end - begin; }
    };
    // What `worker` evaluates next, when it has done all that it was given or (a rank that asks ahead) begins
    // the last of it; nothing: it is not needed any longer.
    [[nodiscard]] std::optional<Range> next(std::size_t worker);

    [[nodiscard]] std::span<const std::size_t> points(const Range& range) const {
        return std::span(order_).subspan(range.begin, range.size());
    }
    [[nodiscard]] std::size_t workers() const { return open_.size(); }
    [[nodiscard]] std::size_t size() const { return order_.size(); }

  private:
    std::vector<std::size_t> order_;  // numbers of points, group by group
    std::vector<Range> groups_;       // the largest first
    std::size_t next_group_ = 0;      // not opened yet
    std::vector<Range> open_;         // of each worker: what is left of its group
    std::size_t most_;
};

}  // namespace satsim::sweep
