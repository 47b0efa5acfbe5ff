// What holds for every memory, checked on random traffic; and the closed forms of bursts against one line at
// a time.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "sim/dram/memory.hpp"
#include "sim/dram/stall.hpp"

namespace satsim::dram {
namespace {

using Random = std::mt19937_64;
std::int64_t pick(Random& random, std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

MemoryConfig random_config(Random& random) {
    MemoryConfig config;
    config.channels = 1 << pick(random, 0, 2);
    config.kind = pick(random, 0, 3) == 0 ? MemoryKind::Ideal : MemoryKind::Ddr4;
    config.ideal_latency = static_cast<int>(pick(random, 1, 30));
    config.stall_seed = pick(random, 0, 1) == 0 ? 0 : random();
    config.ddr4.refi = static_cast<int>(pick(random, 120, 1560));
    return config;
}

// memory.md rule by rule, one line at a time, every refresh visited: no closed form anywhere.
class Literal {
  public:
    explicit Literal(const MemoryConfig& config)
        : c_(config), arrived_(static_cast<std::size_t>(config.channels), -1) {}

    Cycles read_line(Cycles now, std::int64_t line, std::int64_t burst, int beat) {
        const bool ideal = c_.kind == MemoryKind::Ideal;
        const Cycles there = ideal ? now + c_.ideal_latency : slot(now, line, 'r') + c_.ddr4.cl + c_.ddr4.phy;
        Cycles latest = 0;
        for (std::size_t ch = 0; ch < arrived_.size(); ++ch) {
            arrived_[ch] = std::max(there, arrived_[ch] + 1) +
                           stall_cycles(c_.stall_seed, static_cast<int>(ch), burst, beat);
            latest = std::max(latest, arrived_[ch]);
        }
        return latest;
    }
    Cycles write_line(Cycles offered, std::int64_t line, std::int64_t burst, int beat) {
        int stall = 0;
        for (int ch = 0; ch < c_.channels; ++ch)
            stall = std::max(stall, stall_cycles(c_.stall_seed, ch, burst, beat));
        const Cycles at = offered + stall;
        response = c_.kind == MemoryKind::Ideal ? at + 1 : slot(at, line, 'w') + c_.ddr4.wr + c_.ddr4.phy;
        return at;
    }
    Cycles response = 0;
    std::int64_t activates = 0;
    std::vector<Cycles> slots;

  private:
    Cycles slot(Cycles request, std::int64_t line, char direction) {
        const std::int64_t byte = line * 64;
        const std::int64_t row = byte >> 17;
        const std::int64_t bank = ((byte >> 13) & 15) ^ ((byte >> 17) & 15);
        for (;;) {
            const Cycles seen = request + c_.ddr4.ctrl;
            Cycles ready = seen;
            const auto open = rows_.find(bank);
            if (open == rows_.end()) {
                ready = std::max(seen, closed_until_) + c_.ddr4.rcd;
            } else if (open->second.first != row) {
                ready = std::max(seen, open->second.second + c_.ddr4.ras) + c_.ddr4.rp + c_.ddr4.rcd;
            }
            Cycles at = std::max(ready, last_ + 1);
            if (last_direction_ == 'w' && direction == 'r') at = std::max(at, last_ + 1 + c_.ddr4.wtr);
            if (last_direction_ == 'r' && direction == 'w') at = std::max(at, last_ + 1 + c_.ddr4.rtw);
            if (at >= (refreshes_ + 1) * c_.ddr4.refi) {
                ++refreshes_;
                closed_until_ = refreshes_ * c_.ddr4.refi + c_.ddr4.rfc;
                rows_.clear();
                continue;
            }
            if (open == rows_.end() || open->second.first != row) {
                ++activates;
                rows_[bank] = {row, ready - c_.ddr4.rcd};
            }
            last_ = at;
            last_direction_ = direction;
            slots.push_back(at);
            return at;
        }
    }

    MemoryConfig c_;
    std::vector<Cycles> arrived_;
    std::map<std::int64_t, std::pair<std::int64_t, Cycles>> rows_;  // bank -> open row, activated in
    Cycles closed_until_ = 0;
    Cycles last_ = -1;
    char last_direction_ = ' ';
    std::int64_t refreshes_ = 0;
};

TEST(MemoryProperty, RandomTrafficObeysTheRulesLineByLine) {
    Random random(77);
    for (int trial = 0; trial < 300; ++trial) {
        const MemoryConfig config = random_config(random);
        const auto memory = make_memory(config);
        Literal literal(config);
        const std::int64_t gap = pick(random, 0, 3) == 0 ? 3000 : pick(random, 0, 40);
        const std::int64_t span = pick(random, 0, 1) == 0 ? 400 : 100000;
        Cycles now = 0;
        Cycles last_arrival = -1;
        Cycles last_response = -1;
        std::vector<Cycles> times;
        for (std::int64_t burst = 0; burst < 120; ++burst) {
            now += pick(random, 0, gap);
            const std::int64_t line = pick(random, 0, span);
            times.resize(static_cast<std::size_t>(pick(random, 1, 40)));
            if (pick(random, 0, 2) > 0) {
                memory->read(now, line, times);
                for (std::size_t i = 0; i < times.size(); ++i) {
                    const Cycles expected = literal.read_line(now, line + static_cast<std::int64_t>(i), burst,
                                                              static_cast<int>(i));
                    ASSERT_EQ(times[i], expected) << "trial " << trial << " burst " << burst;
                    ASSERT_GT(times[i], last_arrival);  // in order, never above one line a cycle
                    last_arrival = times[i];
                }
            } else {
                const Cycles response = memory->write(now, line, times);
                Cycles offered = now + 1;
                for (std::size_t i = 0; i < times.size(); ++i) {
                    ASSERT_EQ(times[i], literal.write_line(offered, line + static_cast<std::int64_t>(i),
                                                           burst, static_cast<int>(i)));
                    offered = times[i] + 1;
                }
                ASSERT_EQ(response, literal.response) << "trial " << trial << " burst " << burst;
                ASSERT_GT(response, times.back());
                if (config.kind == MemoryKind::Ddr4) {
                    ASSERT_GT(response, last_response);
                }
                last_response = response;
                now = times.back() + 1;
            }
        }
        ASSERT_TRUE(std::is_sorted(literal.slots.begin(), literal.slots.end(), std::less_equal<>{}));
        for (const Cycles slot : literal.slots) {
            const Cycles phase = slot % config.ddr4.refi;
            ASSERT_TRUE(slot < config.ddr4.refi || phase >= config.ddr4.rfc) << "a slot inside a refresh";
        }
        ASSERT_EQ(memory->counters(now).activates, literal.activates);
    }
}

TEST(MemoryProperty, StallsAreSmallAndSpread) {
    std::array<int, 8> seen{};
    for (int burst = 0; burst < 1000; ++burst)
        ++seen[static_cast<std::size_t>(stall_cycles(9, burst % 4, burst, 3))];
    for (const int count : seen) EXPECT_GT(count, 60);
    EXPECT_EQ(stall_cycles(0, 1, 2, 3), 0);
}

}  // namespace
}  // namespace satsim::dram
