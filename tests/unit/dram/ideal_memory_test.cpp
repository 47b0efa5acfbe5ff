// The ideal memory: fixed latency, one line a cycle in order, response one cycle after the last handshake.
#include "sim/dram/ideal_memory.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace satsim::dram {
namespace {

using Arrivals = std::vector<Cycles>;

TEST(IdealMemory, LinesArriveInOrderOneACycle) {
    MemoryConfig config;
    config.kind = MemoryKind::Ideal;
    config.ideal_latency = 5;
    IdealMemory memory(config);
    Arrivals arrival(3);
    memory.read(10, 0, arrival);
    EXPECT_EQ(arrival, (Arrivals{15, 16, 17}));
    memory.read(11, 100, arrival);
    EXPECT_EQ(arrival, (Arrivals{18, 19, 20}));
    memory.read(40, 100, arrival);
    EXPECT_EQ(arrival, (Arrivals{45, 46, 47}));
    EXPECT_EQ(memory.counters(50).read_lines, 9);
    EXPECT_EQ(memory.counters(50).activates, 0);
}

TEST(IdealMemory, WritesAreAcceptedAtOnce) {
    MemoryConfig config;
    config.kind = MemoryKind::Ideal;
    IdealMemory memory(config);
    Arrivals accepted(3);
    EXPECT_EQ(memory.write(10, 0, accepted), 14);
    EXPECT_EQ(accepted, (Arrivals{11, 12, 13}));
    EXPECT_EQ(memory.counters(50).write_lines, 3);
}

}  // namespace
}  // namespace satsim::dram
