#include "sim/cycle/period_skipper.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace satsim::cycle {
namespace {

constexpr std::int64_t kLongestPeriod = std::int64_t{1} << 16;  // RUNs of the pace engine
constexpr std::int64_t kFirstRest = 1;                          // RUNs after a failure, doubled with each
constexpr std::size_t kMoments = 3;                             // two periods

std::vector<std::int64_t> difference(const std::vector<std::int64_t>& later,
                                     const std::vector<std::int64_t>& earlier) {
    std::vector<std::int64_t> steps(later.size());
    std::transform(later.begin(), later.end(), earlier.begin(), steps.begin(), std::minus<>());
    return steps;
}

// What makes a step a whole number of `unit`s.
std::int64_t times_until_multiple(std::int64_t step, std::int64_t unit) {
    return unit / std::gcd(step, unit);
}

}  // namespace

void PeriodSkipper::restart(const isa::Program& program, bool enabled) {
    enabled_ = enabled;
    config_ = program.config;
    for (const isa::Engine engine :
         {isa::Engine::Load, isa::Engine::Store, isa::Engine::Vec, isa::Engine::Stce}) {
        if (!program.streams[static_cast<std::size_t>(engine)].empty()) pace_ = engine;
    }
    begin_search();
}

void PeriodSkipper::begin_search() {
    remembered_ = {};
    renew_after_ = 0;
    since_ = 0;
    rest_ = 0;
    next_rest_ = kFirstRest;
    stop_comparing();
}

void PeriodSkipper::stop_comparing() {
    period_ = 0;
    recording_ = false;
    moments_.clear();
}

void PeriodSkipper::look(Cycles now) {
    ++since_;
    if (rest_ > 0) {
        --rest_;
    } else if (period_ > 0) {
        if (--left_ == 0) compare(now);
    } else {
        search(now);
    }
}

void PeriodSkipper::search(Cycles now) {
    if (renew_after_ > 0 && since_ <= kLongestPeriod && remembered_.glance == glance(now)) {
        Moment present = moment(now);
        if (present.same == remembered_.same) {
            period_ = left_ = since_;
            moments_.push_back(std::move(present));
            recording_ = true;
            for (Records& records : records_) records.clear();
            return;
        }
    }
    if (since_ < renew_after_) return;
    remembered_ = moment(now);
    renew_after_ = std::max<std::int64_t>(1, 2 * renew_after_);
    since_ = 0;
}

void PeriodSkipper::compare(Cycles now) {
    moments_.push_back(moment(now));
    if (moments_.back().same != moments_.front().same) return give_up();
    left_ = period_;
    if (moments_.size() < kMoments) return;
    const std::int64_t aligned = periods_until_aligned();
    if (aligned > 1 && aligned * period_ <= kLongestPeriod) {
        // The same again, for a period of that many.
        period_ = left_ = aligned * period_;
        moments_.erase(moments_.begin(), moments_.end() - 1);
        for (Records& records : records_) records.clear();
        return;
    }
    const std::int64_t k = aligned == 1 ? periods() : 0;
    if (k == 0) return give_up();
    skip(k);
    begin_search();
}

// The remembered moment may still recur after more RUNs: states that are alike by chance are no period.
void PeriodSkipper::give_up() {
    stop_comparing();
    rest_ = next_rest_;
    next_rest_ *= 2;
}

void PeriodSkipper::record(isa::Engine engine, std::size_t pc, const Footprint& footprint) {
    records_[moments_.size() - 1].push_back({engine, pc, footprint});
}

std::array<std::int64_t, isa::kEngines + 1> PeriodSkipper::glance(Cycles now) const {
    std::array<std::int64_t, isa::kEngines + 1> seen{};
    for (std::size_t i = 0; i < isa::kEngines; ++i)
        seen[i] = static_cast<std::int64_t>(model_.pc(static_cast<isa::Engine>(i)));
    seen.back() = model_.memory().phase(now);
    return seen;
}

PeriodSkipper::Moment PeriodSkipper::moment(Cycles now) {
    StateWalk state(now);
    state.same(model_.memory().phase(now));
    model_.walk(state);
    Moment present{now, glance(now), state.same_values(), state.moving_values(), state.loop_values(), {}};
    const MemoryCounters memory = model_.memory().counters(0);
    present.counts = {memory.activates, memory.read_lines, memory.write_lines};
    for (const std::int64_t* counter : model_.counters()) present.counts.push_back(*counter);
    return present;
}

std::int64_t PeriodSkipper::periods_until_aligned() const {
    const Bytes unit = std::lcm(model_.memory().repeats_after_lines(), std::int64_t{config_.burst_lines}) *
                       config_.line_bytes();
    if (records_[0].size() != records_[1].size()) return 1;
    std::int64_t all = 1;
    for (std::size_t i = 0; i < records_[0].size(); ++i) {
        const Footprint& earlier = records_[0][i].footprint;
        const Footprint& later = records_[1][i].footprint;
        if (later.transfers())
            all = std::lcm(all, times_until_multiple(later.address() - earlier.address(), unit));
        if (all > kLongestPeriod) break;
    }
    return all;
}

std::int64_t PeriodSkipper::periods() const {
    const std::vector<std::int64_t> steps = difference(moments_[2].moving, moments_[1].moving);
    if (steps != difference(moments_[1].moving, moments_[0].moving)) return 0;
    if (records_[0].size() != records_[1].size()) return 0;
    std::int64_t k = Footprint::kUnlimited;
    for (std::size_t i = 0; i < records_[0].size(); ++i) {
        const Record& earlier = records_[0][i];
        const Record& later = records_[1][i];
        if (earlier.engine != later.engine || earlier.pc != later.pc ||
            !earlier.footprint.same_sizes(later.footprint))
            return 0;
        if (later.footprint.transfers()) k = std::min(k, later.footprint.periods_inside(earlier.footprint));
    }
    for (std::size_t i = 0; i < moments_[2].loops.size(); ++i) {
        const std::int64_t left = moments_[2].loops[i];
        const std::int64_t step = left - moments_[1].loops[i];
        if (step > 0) return 0;
        if (step < 0) k = std::min(k, left / -step);
    }
    if (k == Footprint::kUnlimited) return 0;  // a loop without end
    while (k > 0 && !(addresses_stay_in_range(k) && rows_stay_apart(k))) k /= 2;
    return k;
}

// Where addresses wrap, steps are no longer what they were.
bool PeriodSkipper::addresses_stay_in_range(std::int64_t periods) const {
    for (std::size_t i = 0; i < records_[0].size(); ++i) {
        const Footprint& earlier = records_[0][i].footprint;
        const Footprint& later = records_[1][i].footprint;
        if (!later.transfers()) continue;
        const std::int64_t way = periods * (later.address() - earlier.address());
        if (std::min(earlier.low(), later.low() + way) < 0 ||
            std::max(earlier.high(), later.high() + way) > kAddressMask)
            return false;
    }
    return true;
}

// Streams that move differently must not come to know of each other's rows.
bool PeriodSkipper::rows_stay_apart(std::int64_t periods) const {
    const std::int64_t row_lines = model_.memory().row_lines();
    if (row_lines == 1) return true;
    const Bytes row = row_lines * config_.line_bytes();
    struct Rows {
        std::int64_t first;
        std::int64_t last;
    };
    std::map<std::int64_t, Rows> of_step;
    for (std::size_t i = 0; i < records_[0].size(); ++i) {
        const Footprint& earlier = records_[0][i].footprint;
        const Footprint& later = records_[1][i].footprint;
        if (!later.transfers()) continue;
        const std::int64_t step = later.address() - earlier.address();
        const std::int64_t way = periods * step;
        const Rows rows{(std::min(earlier.low(), later.low()) + std::min<std::int64_t>(way, 0)) / row - 1,
                        (std::max(earlier.high(), later.high()) + std::max<std::int64_t>(way, 0)) / row + 1};
        const auto [at, fresh] = of_step.try_emplace(step, rows);
        if (fresh) continue;
        at->second.first = std::min(at->second.first, rows.first);
        at->second.last = std::max(at->second.last, rows.last);
    }
    std::vector<Rows> all;
    for (const auto& [step, rows] : of_step) all.push_back(rows);
    std::sort(all.begin(), all.end(), [](const Rows& a, const Rows& b) { return a.first < b.first; });
    for (std::size_t i = 1; i < all.size(); ++i) {
        if (all[i].first <= all[i - 1].last) return false;
    }
    return true;
}

void PeriodSkipper::skip(std::int64_t periods) {
    const Moment& last = moments_[2];
    const Moment& before = moments_[1];
    const std::vector<std::int64_t> moving_steps = difference(last.moving, before.moving);
    const std::vector<std::int64_t> loop_steps = difference(last.loops, before.loops);
    StateWalk state(moving_steps, loop_steps, periods);
    model_.walk(state);
    const std::vector<std::int64_t> counted = difference(last.counts, before.counts);
    std::size_t i = 3;
    for (std::int64_t* counter : model_.counters()) *counter += periods * counted[i++];
    model_.left_out(periods * (last.now - before.now),
                    {periods * counted[0], periods * counted[1], periods * counted[2], 0});
}

}  // namespace satsim::cycle
