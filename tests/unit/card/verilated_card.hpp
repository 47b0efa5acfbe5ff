// A verilated kernel as a card: what the host program writes into a bank is what that channel's AXI master
// finds.
#pragma once

#include <vector>

#include "host/card/card.hpp"
#include "tests/unit/rtl_top/top_bench.hpp"

namespace satsim::card {

class VerilatedMemory : public BankMemory {
  public:
    explicit VerilatedMemory(rtl_top::TopBench& bench) : bench_(bench) {}
    void allocate(int banks, std::int64_t bytes_each) override;
    std::uint64_t address(int bank) const override { return bench_.bases[static_cast<std::size_t>(bank)]; }
    std::span<std::uint8_t> bytes(int bank) override { return banks_[static_cast<std::size_t>(bank)]; }
    void to_card() override;
    void from_card() override;

    std::int64_t flip_bank =
        -1;  // a bit of this bank's first byte that is not zero is flipped on its way back

  private:
    rtl_top::TopBench& bench_;
    std::vector<std::vector<std::uint8_t>> banks_;
};

// `bench` must outlive it. A kernel clock of 200 MHz.
[[nodiscard]] Card make_verilated_card(rtl_top::TopBench& bench);

}  // namespace satsim::card
