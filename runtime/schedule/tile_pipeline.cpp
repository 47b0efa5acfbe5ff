#include "runtime/schedule/tile_pipeline.hpp"

#include <utility>

namespace satsim::schedule {

TilePipeline::TilePipeline(const Buffers& buffers, const Timing& timing, const dram::MemoryConfig& memory)
    : results_(std::clamp<std::size_t>(static_cast<std::size_t>(buffers.results), 1, kResults)),
      share_(refresh_share(memory)),
      latency_(round_trip(memory)),
      turnaround_(turnaround(memory)),
      timing_(timing) {
    west_.parts = buffers.west;
    north_.parts = buffers.north;
}

// The bus works on what is asked of it in any order, so its time is the sum of that; LOAD waits for its
// lines.
double TilePipeline::load(const TransferCost& cost, Buffer& buffer) {
    double& free = buffer.free[static_cast<std::size_t>(buffer.loading)];
    now_[kLoad] = std::max(now_[kLoad], free);
    now_[kBus] = std::max(now_[kBus], now_[kLoad]);
    take(kBus, cost.lines / share_);
    read_bursts_ += cost.bursts;
    take(kLoad, cost.pieces);
    now_[kLoad] = std::max(now_[kLoad], now_[kBus]);
    buffer.loading = buffer.loading + 1 == buffer.parts ? 0 : buffer.loading + 1;
    return now_[kLoad] + latency_;
}

void TilePipeline::release(Buffer& buffer) {
    buffer.free[static_cast<std::size_t>(buffer.reading)] = now_[kStce] + timing_.operands;
    buffer.reading = buffer.reading + 1 == buffer.parts ? 0 : buffer.reading + 1;
}

void TilePipeline::compute(double cycles, Frees frees, bool last) {
    double taken = std::max({west_.arrived, north_.arrived, first_step_ + timing_.apart});
    if (last) taken = std::max(taken, results_free_[result_]);
    first_step_ = std::max(now_[kStce], taken + timing_.feed);
    now_[kStce] = first_step_;
    take(kStce, cycles);
    if (frees.west) release(west_);
    if (frees.north) release(north_);
}

void TilePipeline::store(double drain, const TransferCost& cost) {
    now_[kDrain] = std::max(now_[kDrain], now_[kStce] + timing_.results);
    take(kDrain, drain);
    now_[kStore] = std::max(now_[kStore], now_[kDrain]);
    // A burst has its address handshake before its lines.
    take(kStore, std::max(cost.pieces, cost.lines + cost.bursts));
    // The bus serves bursts as they come. Where reads and writes follow each other in no order, that many
    // writes come after a read, and turn it around.
    const double turns = cost.bursts * read_bursts_ / (cost.bursts + read_bursts_);
    take(kBus, (cost.lines + turns * turnaround_) / share_);
    read_bursts_ = 0;
    results_free_[result_] = now_[kStore];
    result_ = result_ + 1 == results_ ? 0 : result_ + 1;
}

// At the pace of STCE, or, where it still runs ahead into room for results, of the engine with most work.
void TilePipeline::leave_out(double times, const State& before) {
    double pace = now_[kStce] - before.now[kStce];
    for (std::size_t engine = 0; engine < kEngines; ++engine)
        pace = std::max(pace, busy_[engine] - before.busy[engine]);
    const double shift = pace / kMeasured * times;
    for (double& time : now_) time += shift;
    for (std::size_t engine = 0; engine < kEngines; ++engine)
        busy_[engine] += (busy_[engine] - before.busy[engine]) / kMeasured * times;
    for (Buffer* buffer : {&west_, &north_}) {
        for (double& time : buffer->free) time += shift;
        buffer->arrived += shift;
    }
    for (double& time : results_free_) time += shift;
    first_step_ += shift;
}

double TilePipeline::end() const {
    return *std::max_element(now_.begin(), now_.end()) + latency_;
}

}  // namespace satsim::schedule
