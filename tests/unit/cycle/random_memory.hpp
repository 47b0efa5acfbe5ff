// Random memories and sizes for the tests of the recurrences.
#pragma once

#include <memory>
#include <random>

#include "runtime/isa/program.hpp"
#include "sim/dram/memory.hpp"

namespace satsim::cycle {

using Random = std::mt19937_64;

inline std::int64_t pick(Random& random, std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

// DDR4 or ideal, half of them with stalls, refresh so often that short operations meet it.
inline dram::MemoryConfig random_memory(Random& random, int channels) {
    dram::MemoryConfig config;
    config.channels = channels;
    config.kind = pick(random, 0, 2) == 0 ? dram::MemoryKind::Ideal : dram::MemoryKind::Ddr4;
    config.ideal_latency = static_cast<int>(pick(random, 1, 40));
    config.stall_seed = pick(random, 0, 1) == 0 ? 0 : random();
    if (pick(random, 0, 1) == 0) config.ddr4.refi = static_cast<int>(pick(random, 150, 400));
    return config;
}

// Small FIFOs so that their limits are met.
inline isa::ArrayConfig random_sizes(Random& random) {
    isa::ArrayConfig config;
    config.channels = 1 << pick(random, 0, 2);
    config.columns = 4 << pick(random, 0, 3);
    config.burst_lines = 1 << pick(random, 0, 4);
    config.piece_fifo = static_cast<int>(pick(random, 0, 2) == 0 ? 256 : pick(random, 2, 40));
    constexpr int kDeep[] = {48, 48, 48, 120};
    config.line_fifo =
        config.burst_lines +
        static_cast<int>(pick(random, 0, 1) == 0 ? pick(random, 0, 6) : kDeep[pick(random, 0, 3)]);
    config.store_fifo =
        config.burst_lines + static_cast<int>(pick(random, 0, 1) == 0 ? pick(random, 1, 6) : 48);
    return config;
}

}  // namespace satsim::cycle
