#include "sim/fast/transfer.hpp"

#include <algorithm>

#include "runtime/schedule/costs.hpp"

namespace satsim::fast {
namespace {

// Before anything has been learnt: the scheduler's closed form.
Demand expected_demand(std::int64_t count, std::int64_t bytes, std::int64_t pitch,
                       const isa::ArrayConfig& config) {
    const schedule::TransferCost cost = schedule::transfer_cost(
        static_cast<double>(count), static_cast<double>(bytes), static_cast<double>(pitch), config);
    return {cost.pieces, cost.lines, cost.bursts};
}

}  // namespace

void Transfer::restart(const isa::ArrayConfig& config, const dram::MemoryConfig& memory,
                       std::size_t instructions, bool store) {
    config_ = config;
    log_.reset(instructions);
    walk_ = {};
    flying_.clear();
    released_ = ended_ = 0;
    coarse_ = CoarseTransfer(config, memory, store);
    events_.clear();
}

Cycles Transfer::ready(bool follow) const {
    const bool other_kind_busy = follow ? coarse_.busy() : !coarse_.busy() && !flying_.empty();
    if (other_kind_busy) return cycle::kUnknown;
    const Cycles followed = followed_ready();
    return followed == cycle::kUnknown ? followed : std::max(followed, coarse_.ready());
}

// What has been learnt of operations is for blocks, which such a run has none of.
void Transfer::walk_state(StateWalk& state) {
    state.same(static_cast<std::int64_t>(flying_.size() - released_));
    state.same(static_cast<std::int64_t>(flying_.size() - ended_));
    for (std::size_t i = std::min(released_, ended_); i < flying_.size(); ++i)
        state.same(isa::encode_run(flying_[i]));
    walk_timing(state);
}

void Transfer::dispatch_coarse(const Dispatch& op, const Demand& demand) {
    flying_.push_back(op.fields);
    coarse_.dispatch(op.at, demand);
}

std::int64_t Transfer::call(dram::Memory& memory, MemoryBus& bus, Cycles end, Cycles& last) {
    if (!coarse_.busy()) return followed_call(memory, end, last);
    coarse_.serve(bus);
    while (coarse_.has_done()) {
        const CoarseTransfer::Done done = coarse_.take_done();
        released(done.release);
        ended(done.end);
    }
    return 0;
}

void Transfer::ended(Cycles at) {
    events_.push_back({flying_[ended_++], at, true});
    if (ended_ != flying_.size()) return;
    flying_.clear();
    released_ = ended_ = 0;
}

void LoadTransfer::restart(const isa::ArrayConfig& config, const dram::MemoryConfig& memory,
                           std::size_t instructions) {
    Transfer::restart(config, memory, instructions, false);
    if (timing_)
        timing_->restart(config);
    else
        timing_.emplace(config);
    followed_.clear();
    learnt_ = 0;
    bursts_ = 0;
}

void LoadTransfer::dispatch(const Dispatch& dispatched) {
    auto op = cycle::LoadOperation::from(dispatched.registers, dispatched.fields.flags);
    if (!op.seek) op.seek_to = walk_.at;
    if (op.advance) advance(op.seek_to, op.grid, op.count);
    op.seek = true;
    const Demand expected = expected_demand(op.count, op.len, op.px * op.sx, config_);
    const auto positions = static_cast<double>(op.count);
    if (!dispatched.follow) {
        dispatch_coarse(dispatched, log_.of(dispatched.pc, positions, expected));
        return;
    }
    flying_.push_back(dispatched.fields);
    followed_.push_back({dispatched.pc, positions, expected, timing_->pieces(), timing_->lines()});
    timing_->dispatch(dispatched.at, op);
    report();
}

// The oldest operation has ended: all its pieces have been generated, and all its bursts read.
void LoadTransfer::learn() {
    const Followed& op = followed_[learnt_++];
    const bool newest = learnt_ == followed_.size();
    const std::int64_t pieces = newest ? timing_->pieces() : followed_[learnt_].pieces_before;
    const std::int64_t lines = newest ? timing_->lines() : followed_[learnt_].lines_before;
    log_.learn(op.pc, op.positions, op.expected,
               {static_cast<double>(pieces - op.pieces_before), static_cast<double>(lines - op.lines_before),
                bursts_});
    bursts_ = 0;
    if (!newest) return;
    followed_.clear();
    learnt_ = 0;
}

std::int64_t LoadTransfer::followed_call(dram::Memory& memory, Cycles end, Cycles& last) {
    const std::int64_t before = timing_->bursts();
    const Cycles ready = timing_->ready();
    do {
        timing_->read_due(memory, end);
    } while (timing_->requesting() && timing_->request().at < end && !timing_->has_end() &&
             timing_->ready() == ready);
    const std::int64_t bursts = timing_->bursts() - before;
    last = timing_->last_request();
    bursts_ += static_cast<double>(bursts);
    report();
    return bursts;
}

// LOAD releases its operands when it ends.
void LoadTransfer::report() {
    while (timing_->has_end()) {
        const Cycles at = timing_->take_end();
        learn();
        released(at);
        ended(at);
    }
}

void StoreTransfer::restart(const isa::ArrayConfig& config, const dram::MemoryConfig& memory,
                            std::size_t instructions) {
    Transfer::restart(config, memory, instructions, true);
    timing_.emplace(config);
}

void StoreTransfer::dispatch(const Dispatch& dispatched) {
    auto op = cycle::StoreOperation::from(dispatched.registers, dispatched.fields.flags);
    if (!op.seek) op.seek_to = walk_.at;
    if (op.advance) advance(op.seek_to, op.grid, op.count);
    op.seek = true;
    const Demand expected = expected_demand(op.count, op.len, op.px, config_);
    const auto positions = static_cast<double>(op.count);
    if (!dispatched.follow) {
        dispatch_coarse(dispatched, log_.of(dispatched.pc, positions, expected));
        return;
    }
    flying_.push_back(dispatched.fields);
    if (!log_.knows(dispatched.pc)) log_.learn(dispatched.pc, positions, expected, count(op));
    timing_->dispatch(dispatched.at, op);
    report();
}

Demand StoreTransfer::count(const cycle::StoreOperation& op) const {
    cycle::StoreWalk walk(config_, op, op.seek_to);
    Demand demand;
    std::int64_t line = -1;
    std::int64_t burst_lines = 0;
    while (!walk.done()) {
        const cycle::StoreChunk chunk = walk.next();
        demand.pieces += static_cast<double>(chunk.pieces);
        if (chunk.line == line) continue;
        demand.lines += 1;
        const bool grows = chunk.line == line + 1 && burst_lines < config_.burst_lines &&
                           chunk.line % config_.burst_lines != 0 && line >= 0;
        burst_lines = grows ? burst_lines + 1 : 1;
        if (!grows) demand.bursts += 1;
        line = chunk.line;
    }
    return demand;
}

std::int64_t StoreTransfer::followed_call(dram::Memory& memory, Cycles /*end*/, Cycles& last) {
    const cycle::BurstRequest& request = timing_->request();
    last = request.at;
    timing_->accept(memory.write(request.at, request.line, timing_->handshakes()));
    report();
    return 1;
}

void StoreTransfer::report() {
    while (timing_->has_release()) released(timing_->take_release());
    while (timing_->has_end()) ended(timing_->take_end());
}

}  // namespace satsim::fast
