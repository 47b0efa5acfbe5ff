#include "sim/cycle/vec_timing.hpp"

#include <algorithm>
#include <string>

#include "runtime/support/error.hpp"

namespace satsim::cycle {

namespace {

Packing packing_of(std::int64_t nm) {
    const Packing packing{nm & 0xFF, (nm >> 8) & 0xFF};
    if (packing.n > 0 && packing.m == 0) throw InputError("program", "/VEC", "N:M packing with M = 0");
    return packing;
}

// Lines (or pieces) that the copies of `length` rows or columns take: values, then indices.
std::int64_t packing_writes(const Packing& packing, std::int64_t length) {
    if (packing.n == 0) return 0;
    return length * packing.n / packing.m * (packing.n == packing.m ? 1 : 2);
}

}  // namespace

VecOperation VecOperation::from(std::span<const std::int64_t> registers) {
    namespace vec = isa::vec;
    const auto reg = [&](vec::Register name) { return registers[static_cast<std::size_t>(name)]; };
    const std::int64_t code = reg(vec::op);
    if (code < 0 || code >= static_cast<std::int64_t>(vec::kOperations.size())) {
        throw InputError("program", "/VEC", "there is no vector operation " + std::to_string(code));
    }
    const vec::OperationCost& cost = vec::kOperations[static_cast<std::size_t>(code)];
    VecOperation op;
    op.rows = reg(vec::rows);
    op.channels = reg(vec::channels);
    op.slots = cost.slots;
    op.writes = cost.writes;
    op.along_rows = packing_of(reg(vec::nm_f));
    op.along_columns = packing_of(reg(vec::nm_b));
    return op;
}

std::int64_t VecOperation::block_slots(std::int64_t lanes) const {
    if (!packs()) return slots;
    constexpr std::int64_t block = isa::timing::kVecBlock;
    const std::int64_t lines =
        writes * block + packing_writes(along_rows, block) + packing_writes(along_columns, lanes);
    return std::max<std::int64_t>(slots, ceil_div(lines, block));
}

VecTiming::Times VecTiming::dispatch(Cycles d, const VecOperation& op) {
    constexpr std::int64_t block = isa::timing::kVecBlock;
    const std::int64_t blocks = ceil_div(op.channels, lanes_) * ceil_div(op.rows, block);
    const Cycles slots = op.block_slots(lanes_) * block;
    const Cycles last = d + blocks * slots;
    ready_ = last + (op.packs() ? slots : 0);
    return {last, ready_ + isa::timing::kVecLatency};
}

}  // namespace satsim::cycle
