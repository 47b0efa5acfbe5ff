#include "tests/unit/card/verilated_card.hpp"

#include <algorithm>

namespace satsim::card {
namespace {

using rtl_top::kBeatBytes;
using rtl_top::TopBench;

constexpr double kCycleSeconds = 5e-9;

class VerilatedRegisters : public RegisterPort {
  public:
    explicit VerilatedRegisters(TopBench& bench) : bench_(bench) {}
    std::uint32_t read(std::uint32_t offset) override { return bench_.read(offset); }
    void write(std::uint32_t offset, std::uint32_t value) override { bench_.write(offset, value); }
    double seconds() override { return static_cast<double>(bench_.now) * kCycleSeconds; }
    void pause(double seconds) override {
        const auto cycles = std::max<Cycles>(1, static_cast<Cycles>(seconds / kCycleSeconds));
        for (Cycles i = 0; i < cycles; ++i) bench_.step();
    }

  private:
    TopBench& bench_;
};

// The bench keeps what all channels hold in one image: beat l of channel c at byte (l*channels + c)*64.
std::int64_t place_of(std::size_t channel, std::size_t channels, std::size_t at) {
    return static_cast<std::int64_t>(at / kBeatBytes * channels + channel) * kBeatBytes;
}

}  // namespace

void VerilatedMemory::allocate(int banks, std::int64_t bytes_each) {
    banks_.assign(static_cast<std::size_t>(banks),
                  std::vector<std::uint8_t>(static_cast<std::size_t>(bytes_each)));
    for (const auto& channel : bench_.channels) channel->limit_lines = bytes_each / kBeatBytes;
}

void VerilatedMemory::to_card() {
    bench_.memory = MemoryImage{};
    for (std::size_t c = 0; c < banks_.size(); ++c) {
        for (std::size_t at = 0; at < banks_[c].size(); at += kBeatBytes)
            bench_.memory.write(place_of(c, banks_.size(), at), std::span(banks_[c]).subspan(at, kBeatBytes));
    }
}

void VerilatedMemory::from_card() {
    for (std::size_t c = 0; c < banks_.size(); ++c) {
        for (std::size_t at = 0; at < banks_[c].size(); at += kBeatBytes)
            bench_.memory.read(place_of(c, banks_.size(), at), std::span(banks_[c]).subspan(at, kBeatBytes));
    }
    if (flip_bank < 0) return;
    auto& bytes = banks_[static_cast<std::size_t>(flip_bank)];
    *std::ranges::find_if(bytes, [](std::uint8_t byte) { return byte != 0; }) ^= 1;
}

Card make_verilated_card(TopBench& bench) {
    return {"verilated kernel", std::make_unique<VerilatedRegisters>(bench),
            std::make_unique<VerilatedMemory>(bench)};
}

}  // namespace satsim::card
