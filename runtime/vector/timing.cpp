#include "runtime/vector/timing.hpp"

#include <algorithm>

#include "runtime/vector/micro_program.hpp"

namespace satsim::vector {
namespace {

constexpr std::int64_t kBlock = isa::timing::kVecBlock;

// Cycles in which SORE writes one copy of a block; `elements`: rows (along rows) or lanes (along columns).
std::int64_t write_cycles(const std::optional<NmPattern>& nm, std::int64_t elements) {
    if (!nm) return 0;
    return elements * nm->n / nm->m * (nm->dense() ? 1 : 2);
}

}  // namespace

OperationTiming timing_of(const Parameters& p, const isa::ArrayConfig& config) {
    const isa::vec::OperationCost& cost = isa::vec::kOperations[static_cast<std::size_t>(p.operation)];
    OperationTiming t;
    t.slots = cost.slots;
    if (p.packs()) {
        const std::int64_t writes =
            cost.writes * kBlock + write_cycles(p.nm_f, kBlock) + write_cycles(p.nm_b, lanes(config));
        t.slots = std::max(t.slots, static_cast<int>(ceil_div(writes, kBlock)));
    }
    t.blocks = ceil_div<std::int64_t>(p.channels, lanes(config)) * ceil_div(p.rows, kBlock);
    t.issue = t.blocks * t.slots * kBlock;
    t.occupied = t.issue + (p.packs() ? t.slots * kBlock : 0);
    t.end = t.occupied + isa::timing::kVecLatency;
    t.micro_operations = p.rows * p.channels * t.slots;
    return t;
}

}  // namespace satsim::vector
