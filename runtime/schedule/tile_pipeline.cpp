#include "runtime/schedule/tile_pipeline.hpp"

#include <utility>

namespace satsim::schedule {

TilePipeline::TilePipeline(const Buffers& buffers, const Timing& timing, const dram::MemoryConfig& memory)
    : results_(std::clamp<std::size_t>(static_cast<std::size_t>(buffers.results), 1, kResults)),
      shares_bus_(shares_bus(memory)),
      share_(refresh_share(memory)),
      latency_(round_trip(memory)),
      turnaround_(turnaround(memory)),
      timing_(timing) {
    west_.parts = buffers.west;
    north_.parts = buffers.north;
}

// The bus works on what is asked of it in any order, so its time is the sum of that; LOAD waits for its
// lines, and writes what it has generated piece by piece.
double TilePipeline::load(const TransferCost& cost, Buffer& buffer) {
    double& free = buffer.free[static_cast<std::size_t>(buffer.loading)];
    now_[kLoad] = std::max(now_[kLoad], free);
    now_[kBus] = std::max(now_[kBus], now_[kLoad]);
    take(kBus, cost.lines / share_);
    read_bursts_ += cost.bursts;
    take(kLoad, cost.pieces);
    written_ = std::max({written_ + cost.pieces, now_[kLoad] + cost.behind, now_[kBus]});
    now_[kLoad] = std::max(now_[kLoad], now_[kBus]);
    buffer.loading = buffer.loading + 1 == buffer.parts ? 0 : buffer.loading + 1;
    return written_ + latency_;
}

void TilePipeline::release(Buffer& buffer) {
    buffer.free[static_cast<std::size_t>(buffer.reading)] = now_[kStce] + timing_.operands;
    buffer.reading = buffer.reading + 1 == buffer.parts ? 0 : buffer.reading + 1;
}

void TilePipeline::compute(double cycles, Frees frees, std::optional<std::size_t> results) {
    double* const sums = results ? &results_free_[(result_ + *results) % results_] : nullptr;
    double taken = std::max(
        {west_.arrived, north_.arrived, first_step_ + timing_.apart, now_[kStce] - timing_.last_step - 1});
    if (sums != nullptr) taken = std::max(taken, *sums);
    if (begins_tile_ && timing_.leaving) taken = std::max(taken, drained_before_);
    begins_tile_ = false;
    first_step_ = std::max(now_[kStce], taken + timing_.feed);
    now_[kStce] = first_step_;
    take(kStce, cycles);
    if (sums != nullptr) *sums = now_[kStce] + timing_.results;
    if (frees.west) release(west_);
    if (frees.north) release(north_);
}

void TilePipeline::store(double drain, const TransferCost& cost, int sharing) {
    now_[kDrain] = std::max(now_[kDrain], now_[kStce] + timing_.results);
    take(kDrain, drain);
    drained_before_ = std::exchange(drained_, now_[kDrain] - timing_.leaving.value_or(0));
    begins_tile_ = true;
    now_[kStore] = std::max(now_[kStore], now_[kDrain]);
    // A burst has its address handshake before its lines.
    take(kStore, std::max(cost.pieces, cost.lines + cost.bursts));
    // The bus serves bursts as they come. Where reads and writes follow each other in no order, that many
    // writes come after a read, and turn it around. On a bus of their own they take no longer than STORE.
    const double reads = read_bursts_ / sharing;
    read_bursts_ -= reads;
    const double turns = reads > 0 ? cost.bursts * reads / (cost.bursts + reads) : 0;
    if (shares_bus_) take(kBus, (cost.lines + turns * turnaround_) / share_);
    results_free_[result_] = now_[kStore];
    result_ = result_ + 1 == results_ ? 0 : result_ + 1;
}

// At the pace of STCE, or, where it still runs ahead into room for results, of the engine with most work.
void TilePipeline::leave_out(double times, const State& before) {
    double pace = now_[kStce] - before.now[kStce];
    for (std::size_t engine = 0; engine < kEngines; ++engine)
        pace = std::max(pace, busy_[engine] - before.busy[engine]);
    const double shift = pace / kMeasured * times;
    // What does not happen in a round stays when it was: STORE may still be at work on tiles before them.
    const auto move = [&](double& time, double was) {
        if (time != was) time += shift;
    };
    for (std::size_t engine = 0; engine < kEngines; ++engine) {
        move(now_[engine], before.now[engine]);
        busy_[engine] += (busy_[engine] - before.busy[engine]) / kMeasured * times;
    }
    for (std::size_t part = 0; part < west_.free.size(); ++part) {
        move(west_.free[part], before.west_free[part]);
        move(north_.free[part], before.north_free[part]);
    }
    move(west_.arrived, before.west_arrived);
    move(north_.arrived, before.north_arrived);
    const bool stores = now_[kStore] != before.now[kStore];
    for (std::size_t tile = 0; tile < kResults; ++tile) {
        // Tiles that are stored go around the room that there is, whatever part of it two rounds met.
        if (stores)
            results_free_[tile] += shift;
        else
            move(results_free_[tile], before.results_free[tile]);
    }
    move(written_, before.written);
    move(drained_, before.drained);
    move(drained_before_, before.drained_before);
    if (!stores) read_bursts_ += (read_bursts_ - before.read_bursts) / kMeasured * times;
    first_step_ += shift;
}

double TilePipeline::end() const {
    return *std::max_element(now_.begin(), now_.end()) + latency_;
}

}  // namespace satsim::schedule
