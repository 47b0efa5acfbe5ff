#include "sim/fast/coarse_transfer.hpp"

#include <algorithm>
#include <cmath>

namespace satsim::fast {
namespace {

Cycles up(double time) {
    return static_cast<Cycles>(std::ceil(time));
}

}  // namespace

CoarseTransfer::CoarseTransfer(const isa::ArrayConfig& config, const dram::MemoryConfig& memory, bool store)
    : config_(config), timing_(memory.ddr4), store_(store) {
    served_ = kRemembered;
}

Cycles CoarseTransfer::ready() const {
    if (front_ == operations_.size()) return up(generated_) + 2;
    if (front_ + 1 == operations_.size() && blocks_left_ <= 1) return up(generated_) + 2;
    return cycle::kUnknown;
}

void CoarseTransfer::dispatch(Cycles at, const Demand& demand) {
    if (front_ == operations_.size()) {
        operations_.clear();
        front_ = 0;
    }
    // Two blocks fill a FIFO, so that one is on its way while the other one is waited for.
    const double per_burst = demand.lines / std::max(1.0, demand.bursts);
    double lines = (store_ ? config_.store_fifo : config_.line_fifo) / 2.0;
    if (store_) lines = std::min(lines, per_burst * isa::timing::kWriteBursts / 2);
    Operation op;
    op.start = static_cast<double>(at + isa::timing::kAddressSetup);
    op.blocks = std::max({1.0, std::ceil(demand.lines / lines - 1e-6),
                          std::ceil(demand.pieces / (config_.piece_fifo / 2.0) - 1e-6)});
    op.block = {demand.pieces / op.blocks, demand.lines / op.blocks, demand.bursts / op.blocks};
    operations_.push_back(op);
    if (operations_.size() - front_ == 1) {
        blocks_left_ = op.blocks;
        next_block();
    }
}

double CoarseTransfer::before(const Times& times, double room, double size) const {
    constexpr double kMost = kRemembered - 3;
    const double blocks = std::clamp(room / std::max(size, 1e-3), 0.0, kMost);
    const auto whole = static_cast<std::size_t>(blocks);
    const double later = times[(served_ - 1 - whole) % kRemembered];
    const double earlier = times[(served_ - 2 - whole) % kRemembered];
    return later - (blocks - static_cast<double>(whole)) * (later - earlier);
}

// When the front operation's next block is generated and asks for the bus. What must have left a FIFO first
// lies a FIFO's length before the block's first or last piece or line.
void CoarseTransfer::next_block() {
    const Operation& op = operations_[front_];
    const Demand& block = op.block;
    const double room = store_ ? config_.store_fifo : config_.piece_fifo;
    const double size = store_ ? block.lines : block.pieces;
    const double begin = std::max({op.start, generated_, before(moved_, room, size)});
    generated_ = std::max(begin + block.pieces, before(moved_, room - size, size));
    if (store_) {
        due_ = std::max({generated_ + 1, before(moved_, 0, 1) + 1,
                         before(answered_, isa::timing::kWriteBursts, block.bursts) + 1});
        return;
    }
    const double bursts = std::max(1.0, block.bursts);
    due_ = std::max(begin + block.pieces / bursts,
                    before(moved_, config_.line_fifo - block.lines / bursts, block.lines)) +
           1;
}

Cycles CoarseTransfer::due() const {
    return front_ < operations_.size() ? up(due_) : cycle::kUnknown;
}

void CoarseTransfer::serve(MemoryBus& bus) {
    const Demand& block = operations_[front_].block;
    const double previous = before(moved_, 0, 1);
    MemoryBus::Block asked{due_ + timing_.ctrl, block.lines, block.bursts, block.pieces, store_};
    double moved_on = 0;
    double answer = 0;
    if (store_) {
        // AW and W take turns; W beats begin in the cycle after AW.
        asked.request += 1;
        moved_on = std::max(due_ + block.lines + block.bursts - 1,
                            before(answered_, isa::timing::kWriteBursts - block.bursts, block.bursts) + 1);
        answer = std::max(bus.take(asked).end, moved_on + timing_.ctrl) + timing_.wr + timing_.phy;
    } else if (block.lines > 0) {
        const double latency = timing_.cl + timing_.phy + 1;
        const MemoryBus::Slots slots = bus.take(asked);
        moved_on = std::max({previous + block.pieces, slots.first + latency + block.pieces,
                             slots.end + latency + block.pieces / block.lines});
    } else {  // padding only
        moved_on = std::max(previous + block.pieces, generated_ + 1);
    }
    moved_[served_ % kRemembered] = moved_on;
    answered_[served_ % kRemembered] = answer;
    ++served_;
    if (--blocks_left_ >= 1) {
        next_block();
        return;
    }
    done_.push_back(store_ ? Done{up(generated_) + 1, up(answer)} : Done{up(moved_on), up(moved_on)});
    if (++front_ < operations_.size()) {
        blocks_left_ = operations_[front_].blocks;
        next_block();
    }
}

CoarseTransfer::Done CoarseTransfer::take_done() {
    const Done done = done_[taken_++];
    if (taken_ == done_.size()) {
        done_.clear();
        taken_ = 0;
    }
    return done;
}

}  // namespace satsim::fast
