// SAT through its control registers: what it is, starting a program, waiting for its end, and how it ended
// (docs/architecture/top.md, "Programming model").
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "host/card/card.hpp"
#include "runtime/isa/program.hpp"
#include "sat_registers.hpp"

namespace satsim::card {

// The kernel does not do what its register map promises, or cannot be used now. Not the user's input.
class CardError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// STATUS, ERROR_PC and ERROR_ADDRESS.
struct Status {
    registers::Error error = registers::Error::None;
    std::uint32_t engine = registers::kEngineNone;
    std::uint32_t instruction = 0;  // of its stream
    std::uint32_t channels = 0;     // bit i: channel i answered with an error
    std::uint64_t address = 0;      // bytes, in the program's memory
    bool unanswered = false;        // the memory still owes answers: no program starts until they have come
    bool nonfinite = false;         // a result is infinite or NaN: no error
    bool running = false;           // the rest is not final
};

struct Launch {
    std::vector<std::uint64_t> bases;  // of the regions, multiples of 4096
    std::int64_t program_line = 0;
    std::int64_t memory_lines = 0;
    std::uint32_t watchdog_cycles = 0;  // 0: none
    double timeout_s = 10;              // until the program is stopped
    double poll_s = 0.0001;
};

struct Outcome {
    Status status;
    bool timed_out = false;  // the program was stopped after Launch::timeout_s
    double seconds = 0;      // from the start to the end that was seen; polls included
    std::array<std::uint64_t, registers::kCounters.size()>
        counters{};  // in the order of registers::kCounters

    [[nodiscard]] bool ok() const { return !timed_out && status.error == registers::Error::None; }
};

class KernelDriver {
  public:
    // `port` must outlive it.
    explicit KernelDriver(RegisterPort& port) : port_(port) {}

    // The built size of the kernel. Throws CardError when it has another register map or another instruction
    // set than this program knows, or when its sizes make no sense.
    [[nodiscard]] isa::ArrayConfig identify();

    // Starts the program that lies in memory and waits for its end. After the time-out it is stopped through
    // RESET, and once more when the memory owes answers. Throws CardError when a program runs already, and
    // when the kernel does not come to rest.
    [[nodiscard]] Outcome run(const Launch& launch);

    [[nodiscard]] Status status();

  private:
    void write64(std::uint32_t offset, std::uint64_t value);
    [[nodiscard]] std::uint64_t read64(std::uint32_t offset);
    // Polls for ap_done until `deadline`.
    [[nodiscard]] bool ended_by(double deadline, double poll_s);
    void stop(double poll_s);

    RegisterPort& port_;
};

// One line: "WATCHDOG: ... (STORE instruction 6)".
[[nodiscard]] std::string describe(const Status& status);

}  // namespace satsim::card
