// The clock loop around a verilated sat_top: an AXI4-Lite master for its registers and one AXI4 slave a
// channel.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/isa/program.hpp"
#include "sat_registers.hpp"
#include "tests/unit/rtl_top/axi_channel.hpp"

namespace satsim::rtl_top {

inline constexpr std::int64_t kMemoryLines = 1 << 20;

struct Status {
    registers::Error error = registers::Error::None;
    std::uint32_t engine = 0;
    std::uint32_t pc = 0;
    std::uint32_t channels = 0;
    std::uint64_t address = 0;
    bool unanswered = false;
    bool nonfinite = false;
    bool running = false;
};

struct RunOptions {
    std::int64_t memory_lines = kMemoryLines;
    std::uint32_t watchdog = 0;
    Cycles abort_after = -1;    // cycles from the start; -1: never
    bool by_interrupt = false;  // wait for the interrupt instead of polling
    Cycles limit = 2'000'000;
};

// What does not depend on the built size.
class TopBench {
  public:
    virtual ~TopBench() = default;
    TopBench(const TopBench&) = delete;
    TopBench& operator=(const TopBench&) = delete;

    virtual void step() = 0;  // one clock cycle
    virtual void write(std::uint32_t offset, std::uint32_t value) = 0;
    [[nodiscard]] virtual std::uint32_t read(std::uint32_t offset) = 0;
    [[nodiscard]] virtual bool interrupt() const = 0;

    void write64(std::uint32_t offset, std::uint64_t value) {
        write(offset, static_cast<std::uint32_t>(value));
        write(offset + 4, static_cast<std::uint32_t>(value >> 32));
    }
    [[nodiscard]] std::uint64_t read64(std::uint32_t offset) {
        return read(offset) | static_cast<std::uint64_t>(read(offset + 4)) << 32;
    }
    // Puts the program's image into the memory, starts it and waits for ap_done. Throws when it does not
    // come.
    Status run(const isa::Program& program, const RunOptions& options = {});
    [[nodiscard]] Status status();
    // The first fault that a channel found, or empty.
    [[nodiscard]] std::string fault() const {
        for (const auto& channel : channels) {
            if (!channel->fault().empty()) return channel->fault();
        }
        return "";
    }
    [[nodiscard]] bool memory_idle() const {
        for (const auto& channel : channels) {
            if (!channel->idle()) return false;
        }
        return true;
    }
    template <typename Change>
    void behave(Change change) {
        for (const auto& channel : channels) change(channel->behaviour);
    }

    MemoryImage memory;  // program addresses
    std::vector<std::unique_ptr<AxiChannel>> channels;
    std::vector<std::uint64_t> bases;
    Cycles now = 0;

  protected:
    TopBench() = default;
};

[[nodiscard]] std::unique_ptr<TopBench> make_top_4x4(int seed);
[[nodiscard]] std::unique_ptr<TopBench> make_top_8x8(int seed);

}  // namespace satsim::rtl_top
