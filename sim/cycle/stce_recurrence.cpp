#include "sim/cycle/stce_recurrence.hpp"

#include <algorithm>

namespace satsim::cycle {

namespace {
std::int64_t pair_time(const GemmOperation& op) {  // P
    return std::max<std::int64_t>(op.sr * op.sc, isa::timing::kAccInterval);
}
}  // namespace

GemmOperation GemmOperation::from(std::span<const std::int64_t> registers, std::uint32_t flags) {
    namespace stce = isa::stce;
    const auto reg = [&](stce::Register name) { return registers[static_cast<std::size_t>(name)]; };
    GemmOperation op;
    op.groups = reg(stce::groups);
    op.sr = reg(stce::sr);
    op.sc = reg(stce::sc);
    op.n = reg(stce::n);
    op.m = reg(stce::m);
    op.rows = reg(stce::rows);
    op.batches = reg(stce::batches);
    op.first = (flags & stce::kFirst) != 0;
    op.last = (flags & stce::kLast) != 0;
    op.dense = (flags & stce::kDense) != 0;
    op.ws = (flags & stce::kWs) != 0;
    op.transposed = (flags & stce::kTransposed) != 0;
    return op;
}

// D_r: how much later than row 0 row r works.
Cycles StceRecurrence::row_delay(const GemmOperation& op, std::int64_t row) const {
    return op.ws ? row * ((op.n - 1) * pair_time(op) + isa::timing::kWsHop) : row;
}

Cycles StceRecurrence::ready(const GemmOperation& op) const {
    if (!any_) return kLongAgo;
    Cycles at = step_free_;
    if (!op.ws && op.first) at = std::max(at, drained_before_);
    const bool mixes = op.ws != previous_.ws || (op.ws && (op.n != previous_.n || op.sr != previous_.sr));
    if (mixes) at = std::max(at, all_ended_ + 1);
    if (op.ws && previous_.ws) at = std::max(at, weights_free_);
    return at;
}

void StceRecurrence::walk(StateWalk& state) const {
    for (const std::int64_t value :
         {std::int64_t{any_}, std::int64_t{previous_.ws}, previous_.n, previous_.sr})
        state.same(value);
    for (const Cycles at : {step_free_, weights_free_, x_end_, all_ended_, drained_, drained_before_})
        state.time(at);
}

StceRecurrence::Times StceRecurrence::dispatch(Cycles d, const GemmOperation& op) {
    using namespace isa::timing;
    const Cycles pair = pair_time(op);
    const Cycles mac = op.n * pair;       // X
    const Cycles feed = op.feed_words();  // F
    const Cycles steps = op.steps();      // G
    const Cycles f0 = d + 1;
    const Cycles weights = op.ws ? d + 1 + rows_ * op.n : kLongAgo;
    const Cycles x0 = std::max({f0 + feed, x_end_, weights});
    // x_k >= f_k + F always, hence f_k = x_(k-1) and x_k = x_(k-1) + max(X, F) from step 1 on.
    const Cycles period = std::max(mac, feed);
    const Cycles x_last = x0 + (steps - 1) * period;
    const Cycles f_last = steps > 1 ? x_last - period : f0;
    x_end_ = x_last + mac;
    step_free_ = std::max(f_last + feed, x_last) - 1;
    const Cycles skew = row_delay(op, rows_ - 1);
    Times times;
    times.release = std::max(f_last + feed + skew, x_end_);
    if (op.ws) {
        weights_free_ = x0 + (rows_ - 1) * ((op.n - 1) * pair + kWsHop - 1) - 1;
        times.end = x_end_ - 1 + skew + (columns_ - 1) + kWsLatency;
    } else if (op.last) {
        const Cycles slots = op.rows * op.sr * op.sc;
        const Cycles z = std::max(x_end_ + kDrainLatency, drained_);
        drained_before_ = drained_;
        drained_ = z + slots;
        times.end = drained_ - 1 + (rows_ - 1) + (columns_ - 1) + kOutLatency;
    } else {
        times.end = x_end_ - 1 + (rows_ - 1) + (columns_ - 1) + kDrainLatency;
    }
    // Ends keep the order of dispatch, one a cycle.
    times.end = std::max(times.end, all_ended_ + 1);
    all_ended_ = times.end;
    any_ = true;
    previous_ = op;
    return times;
}

}  // namespace satsim::cycle
