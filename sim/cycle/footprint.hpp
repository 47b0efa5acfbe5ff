// What an operation's timing depends on: its sizes, and for LOAD and STORE where in DRAM and in the map it
// works. For comparing the operations of one period with those of the next (docs/architecture/skipping.md).
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "sim/cycle/load_operation.hpp"
#include "sim/cycle/stce_recurrence.hpp"
#include "sim/cycle/store_operation.hpp"
#include "sim/cycle/vec_timing.hpp"

namespace satsim::cycle {

class Footprint {
  public:
    // Of an operation as it is dispatched. `saved`: LOAD and STORE: where it begins without SEEK.
    [[nodiscard]] static Footprint of(isa::Engine engine, std::span<const std::int64_t> registers,
                                      std::uint32_t flags, const Position& saved);

    // The same work elsewhere.
    [[nodiscard]] bool same_sizes(const Footprint& other) const { return sizes_ == other.sizes_; }
    [[nodiscard]] bool transfers() const { return transfers_; }
    // Bytes: of the first position, and the bounds of everything that is touched.
    [[nodiscard]] std::int64_t address() const { return address_; }
    [[nodiscard]] std::int64_t low() const { return low_; }
    [[nodiscard]] std::int64_t high() const { return high_; }

    // How many times it can move on in its map as it did since `earlier` without meeting an edge.
    [[nodiscard]] std::int64_t periods_inside(const Footprint& earlier) const;

    static constexpr std::int64_t kUnlimited = std::int64_t{1} << 60;

  private:
    Footprint(const LoadOperation& op, const Position& start);
    Footprint(const StoreOperation& op, const Position& start);
    explicit Footprint(const GemmOperation& op);
    Footprint(const VecOperation& op, std::int64_t code);

    // One axis of the map: positions visited, and the positions between which nothing changes.
    struct Span {
        std::int64_t first = 0;
        std::int64_t last = 0;
        std::int64_t from = 0;
        std::int64_t to = 0;  // not included
        [[nodiscard]] std::int64_t periods(std::int64_t step) const;
    };
    void cover(const Grid& grid, const Position& start, std::int64_t count);

    std::array<std::int64_t, 15> sizes_{};
    bool transfers_ = false;
    std::int64_t address_ = 0;
    std::int64_t low_ = 0;
    std::int64_t high_ = 0;
    Position start_;
    std::int64_t last_image_ = 0;
    Span x_;
    Span y_;
};

}  // namespace satsim::cycle
