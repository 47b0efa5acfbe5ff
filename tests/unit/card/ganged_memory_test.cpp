// Scatter and gather against the sentence of docs/architecture/top.md, byte by byte.
#include "host/card/ganged_memory.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "runtime/support/error.hpp"

namespace satsim::card {
namespace {

class PlainMemory : public BankMemory {
  public:
    void allocate(int banks, std::int64_t bytes_each) override {
        banks_.assign(static_cast<std::size_t>(banks),
                      std::vector<std::uint8_t>(static_cast<std::size_t>(bytes_each)));
    }
    std::uint64_t address(int bank) const override { return static_cast<std::uint64_t>(bank) << 32; }
    std::span<std::uint8_t> bytes(int bank) override { return banks_[static_cast<std::size_t>(bank)]; }
    void to_card() override {}
    void from_card() override {}

  private:
    std::vector<std::vector<std::uint8_t>> banks_;
};

class GangedMemory : public testing::TestWithParam<int> {};

TEST_P(GangedMemory, ByteAIsWhereTheRtlLooksForIt) {
    const int banks = GetParam();
    std::mt19937_64 random(17);
    for (int round = 0; round < 50; ++round) {
        const std::int64_t bytes_each = 4096 * static_cast<std::int64_t>(1 + random() % 40);
        PlainMemory memory;
        memory.allocate(banks, bytes_each);
        MemoryImage image;
        std::vector<std::uint8_t> wanted(static_cast<std::size_t>(bytes_each * banks));
        for (int piece = 0; piece < 10; ++piece) {  // of odd lengths at odd places
            const std::size_t size = std::min<std::size_t>(1 + random() % 9000, wanted.size());
            const std::size_t at = random() % (wanted.size() - size + 1);
            for (std::size_t i = 0; i < size; ++i) wanted[at + i] = static_cast<std::uint8_t>(random());
            image.write(static_cast<std::int64_t>(at), std::span(wanted).subspan(at, size));
        }
        scatter(image, banks, memory);
        for (std::size_t a = 0; a < wanted.size(); ++a) {
            const auto bank = static_cast<int>(a / 64 % static_cast<std::size_t>(banks));
            const std::size_t line = a / (64 * static_cast<std::size_t>(banks));
            ASSERT_EQ(memory.bytes(bank)[line * 64 + a % 64], wanted[a]) << a;
        }
        EXPECT_EQ(MemoryImage::first_difference(gather(banks, bytes_each, memory), image), -1);
    }
}

TEST_P(GangedMemory, RegionsHoldWholePages) {
    const int banks = GetParam();
    EXPECT_EQ(region_bytes(0, banks), 4096);
    EXPECT_EQ(region_bytes(1, banks), 4096);
    EXPECT_EQ(region_bytes(4096 * banks, banks), 4096);
    EXPECT_EQ(region_bytes(4096 * banks + 1, banks), 8192);
}

TEST_P(GangedMemory, DataBeyondTheRegionsIsRefusedAndZerosAreNot) {
    const int banks = GetParam();
    PlainMemory memory;
    memory.allocate(banks, 8192);
    MemoryImage image;
    const std::vector<std::uint8_t> zeros(100);
    image.write(8192 * banks + 50, zeros);
    EXPECT_NO_THROW(scatter(image, banks, memory));
    const std::vector<std::uint8_t> one{1};
    image.write(8192 * banks - 1, one);
    EXPECT_NO_THROW(scatter(image, banks, memory));
    EXPECT_EQ(memory.bytes(banks - 1)[8191], 1);
    image.write(8192 * banks, one);
    EXPECT_THROW(scatter(image, banks, memory), InputError);
}

INSTANTIATE_TEST_SUITE_P(Banks, GangedMemory, testing::Values(1, 2, 4));

}  // namespace
}  // namespace satsim::card
