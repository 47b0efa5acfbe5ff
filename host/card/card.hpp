// What a card with SAT on it is to the host program: registers, one memory region a channel, and time.
//
// XRT implements it (xrt_card.cpp), and so does the verilated kernel (tests/unit/card): everything above this
// interface is tested without a card.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace satsim::card {

// The kernel's s_axi_control, and the clock that time-outs are measured with.
class RegisterPort {
  public:
    virtual ~RegisterPort() = default;
    RegisterPort(const RegisterPort&) = delete;
    RegisterPort& operator=(const RegisterPort&) = delete;

    // offset: bytes, a multiple of 4 (docs/architecture/registers.md).
    [[nodiscard]] virtual std::uint32_t read(std::uint32_t offset) = 0;
    virtual void write(std::uint32_t offset, std::uint32_t value) = 0;
    [[nodiscard]] virtual double seconds() = 0;  // since some moment
    virtual void pause(double seconds) = 0;      // lets the kernel work for about so long

  protected:
    RegisterPort() = default;
};

// The regions that MEM0.. point to: one in the DDR bank of each memory channel, all of the same size.
class BankMemory {
  public:
    virtual ~BankMemory() = default;
    BankMemory(const BankMemory&) = delete;
    BankMemory& operator=(const BankMemory&) = delete;

    // A host's copy of each region, all zeros. Throws InputError when the card has no room.
    virtual void allocate(int banks, std::int64_t bytes_each) = 0;
    [[nodiscard]] virtual std::uint64_t address(int bank) const = 0;  // as the kernel sees it
    [[nodiscard]] virtual std::span<std::uint8_t> bytes(int bank) = 0;
    virtual void to_card() = 0;    // all regions
    virtual void from_card() = 0;  // all regions

  protected:
    BankMemory() = default;
};

struct Card {
    std::string name;
    std::unique_ptr<RegisterPort> registers;
    std::unique_ptr<BankMemory> memory;
};

// What the command line says about where the kernel is.
struct CardChoice {
    std::string xclbin;
    std::string device = "0";           // number, or PCIe bus:device.function
    std::string kernel = "sat_kernel";  // with one compute unit
};

// Throws InputError when there is no such card, binary or kernel.
[[nodiscard]] Card open_card(const CardChoice& choice);

}  // namespace satsim::card
